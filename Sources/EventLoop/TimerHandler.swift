/// What acts when a timer has run out.
package protocol TimerHandler: AnyObject {
  /// Called once on the loop's thread, never before the time. `token` is what was scheduled with.
  func timerFired(token: UInt64)
}
