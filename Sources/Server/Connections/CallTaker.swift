internal import RPC
internal import Services

/// Who gets what a worker finds on a connection and does not answer at once. What is called here
/// must leave the framing alone: the worker has it.
protocol CallTaker: AnyObject {
  /// Passes a command on to the writer, or says why not.
  func forward(_ stream: UInt32, _ call: IncomingCall, _ method: Method) -> Status?
  /// Takes in a query that goes on in further turns, or says why not.
  func keep(
    _ stream: UInt32, _ call: IncomingCall, _ method: Method, _ rest: any StreamingCall
  ) -> Status?
  /// Takes in a call that streams.
  func adopt(
    _ stream: UInt32, _ call: IncomingCall, _ method: Method, _ opened: any StreamingCall)
  /// Notes that an open stream has something to do.
  func makeDue(_ stream: UInt32)
  /// Forgets a stream that the peer has given up.
  func forget(_ stream: UInt32, _ code: StatusCode)
}
