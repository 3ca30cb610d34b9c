/** Power switches that are reached by HTTP. */
export { httpPower } from './http-power.ts';
export { httpPowerType } from './types/http-power.ts';
