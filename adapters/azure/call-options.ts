/** What every call with an effect carries: a time limit and the request id, in the places where both generations of SDKs look. */
export interface CallOptions {
  readonly abortSignal: AbortSignal;
  readonly requestOptions: {
    readonly headers: Record<string, string>;
    readonly customHeaders: Record<string, string>;
  };
}

/** Options of a call that carry its client request id. */
export function callOptions(requestId: string, abortSignal: AbortSignal): CallOptions {
  const headers = { 'x-ms-client-request-id': requestId };
  return { abortSignal, requestOptions: { headers, customHeaders: headers } };
}
