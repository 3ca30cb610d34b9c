/** Tells the workers of Playwright where the machines of the run are kept: they have the environment of its global set-up. */
export const KEEPER_VARIABLE = 'JUMPLEAD_TEST_MACHINES';
