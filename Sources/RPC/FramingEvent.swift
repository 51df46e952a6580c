/// What a framing has found in the bytes that arrived, about the stream of that id.
package enum FramingEvent: Equatable, Sendable {
  /// A call, as `currentCall` tells it.
  case call(UInt32)
  /// `takeMessage` has something new to say on an open stream: a message, or that no more come.
  case readable(UInt32)
  /// An open stream that had no room has room again.
  case writable(UInt32)
  /// The peer has given an open stream up, or broken its rules and been told so. The framing has
  /// forgotten it.
  case cancelled(UInt32)
}
