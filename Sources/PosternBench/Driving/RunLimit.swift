/// When a load stops.
enum RunLimit: Sendable {
  /// After so long, counted from when a short warm-up ends.
  case nanoseconds(Int64)
  /// After so many calls.
  case calls(Int)
}
