internal import RPC

/// What became of the frame at the front of the input.
enum FrameStep {
  /// It is dealt with, and the owner is told of it.
  case event(FramingEvent)
  /// It is dealt with.
  case done
  /// More of it has to arrive.
  case incomplete
}
