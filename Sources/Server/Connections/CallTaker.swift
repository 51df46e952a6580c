internal import RPC
internal import Services

/// Takes the calls that a worker finds on a connection and does not answer at once. Its methods must
/// leave the framing alone: the worker has it.
protocol CallTaker: AnyObject {
  /// Passes a command on to the writer, or says why not.
  func forwardCommand(_ call: IncomingCall, of method: Method, on stream: UInt32) -> Status?
  /// Takes in the rest of a query, which goes on in further turns, or says why not.
  func continueQuery(
    _ rest: any StreamingCall, of method: Method, for call: IncomingCall, on stream: UInt32
  ) -> Status?
  /// Takes in a call that streams.
  func adoptStream(
    _ opened: any StreamingCall, of method: Method, for call: IncomingCall, on stream: UInt32)
  /// Notes that an open stream has something to do.
  func makeDue(_ stream: UInt32)
  /// Forgets a stream that has ended.
  func forget(_ stream: UInt32, _ code: StatusCode)
}
