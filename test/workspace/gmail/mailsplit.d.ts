declare module 'mailsplit' {
  import type { Transform } from 'node:stream';

  export interface MimeNode {
    readonly type: 'node';
    readonly parentNode: MimeNode | false;
    /** `type/subtype` in lower case. */
    readonly contentType: string | false;
    /** The subtype where the type is `multipart`. */
    readonly multipart: string | false;
    readonly disposition: string | false;
    /** Encoded words and RFC 2231 decoded. */
    readonly filename: string | false;
    readonly charset: string | false;
    /** The header block as it is in the message. */
    getHeaders(): Buffer;
    /** Undoes the transfer encoding. */
    getDecoder(): Transform;
  }

  export interface Chunk {
    /** `body` is content of a leaf, `data` what stands between the parts of a multipart. */
    readonly type: 'body' | 'data';
    readonly node: MimeNode;
    readonly value?: Buffer;
  }

  /** Takes bytes, gives `MimeNode | Chunk`. */
  export class Splitter extends Transform {
    constructor(options?: { ignoreEmbedded?: boolean; maxHeadSize?: number; maxChildNodes?: number });
  }
}
