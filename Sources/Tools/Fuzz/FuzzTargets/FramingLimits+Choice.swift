internal import RPC

extension FramingLimits {
  /// Limits that an input picks: tight ones, so that few bytes reach them, and the defaults.
  init(choice: Int) {
    self.init()
    if choice & 1 != 0 { messageBytes = 64 }
    if choice & 2 != 0 { headerBytes = 128 }
    if choice & 4 != 0 { callsInFlight = 1 + choice >> 6 }
  }
}
