/// How often the service manager wants a sign of life.
package enum WatchdogPeriod {
  /// Reads the manager's variables.
  ///
  /// - Parameters:
  ///   - microseconds: the value of WATCHDOG_USEC, if it is set.
  ///   - processID: the value of WATCHDOG_PID, if it is set; without it, any process is meant.
  ///   - ownProcessID: this process.
  /// - Returns: the period in nanoseconds, after which without a sign of life the manager ends the
  ///   process. Nil where none is wanted of this one.
  package static func nanoseconds(
    microseconds: String?, processID: String?, ownProcessID: Int32
  ) -> Int64? {
    if let processID, Int32(processID) != ownProcessID { return nil }
    guard let period = microseconds.flatMap({ Int64($0) }), period > 0 else { return nil }
    let (nanoseconds, overflow) = period.multipliedReportingOverflow(by: 1000)
    return overflow ? nil : nanoseconds
  }
}
