/** The part of noVNC's RFB class that the page uses. */
declare module '@novnc/novnc' {
  interface RFBEvents {
    connect: CustomEvent<Record<never, never>>;
    disconnect: CustomEvent<{ clean: boolean }>;
    desktopname: CustomEvent<{ name: string }>;
    credentialsrequired: CustomEvent<{ types: string[] }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
  }

  class RFB {
    constructor(target: HTMLElement, channel: WebSocket, options?: { shared?: boolean });
    background: string;
    scaleViewport: boolean;
    qualityLevel: number;
    addEventListener<K extends keyof RFBEvents>(name: K, listener: (event: RFBEvents[K]) => void): void;
    disconnect(): void;
    focus(): void;
    sendCtrlAltDel(): void;
    toBlob(use: (blob: Blob | null) => void, type?: string): void;
  }

  // biome-ignore lint/style/noDefaultExport: the library's own
  export default RFB;
}
