internal import Messages
internal import RPC
internal import Services

/// What a worker knows a connection by.
struct ConnectionIdentity {
  let id: UInt64
  /// Its place in the worker's run queue.
  let place: Worker.Place
  let peer: Peer
}

/// A connection as its worker sees it, in either protocol.
protocol ServedConnection: AnyObject {
  var identity: ConnectionIdentity { get }
  /// Works for at most a slice of the worker's time. Once the worker drains, it takes no more
  /// calls, and closes when those that are open are answered.
  func takeTurn()
  /// Hands over the writer's answer to a command.
  func deliverAnswer(_ result: Result<WipedBytes, Status>, to stream: UInt32)
  /// Asks for a turn.
  func requestTurn()
  /// A revision was published that one of its streams waits for.
  func ledgerChanged()
  /// Closes when nothing was read since a time of the monotonic clock and no call is open.
  func closeIfIdle(since nanoseconds: Int64)
  /// Closes when there are answers that the peer has not taken a byte of since a time of the
  /// monotonic clock.
  func closeIfStalled(since nanoseconds: Int64)
  /// Ends the connection now.
  func close()
}

/// Takes the calls that a worker finds on a connection and does not answer at once. Its methods
/// must leave the framing alone: the worker has it.
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
