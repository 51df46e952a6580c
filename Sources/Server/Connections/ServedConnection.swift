internal import Messages
internal import RPC

/// A connection as its worker sees it, whatever it speaks.
protocol ServedConnection: AnyObject {
  var peer: Peer { get }
  /// Does what there is to do, as far as a slice of the worker's time goes. Once the worker drains,
  /// takes no more calls, and closes when those that are open are answered.
  func takeTurn()
  /// Hands over the answer to a command.
  func answer(_ stream: UInt32, _ result: Result<WipedBytes, Status>)
  /// Asks for a turn.
  func settle()
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
