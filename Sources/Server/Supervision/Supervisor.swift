internal import Platform

/// Tells the service manager, if one has started the daemon, what the daemon does.
///
/// A message that can't be sent is logged; it does not end the daemon.
final class Supervisor {
  private let socket: NotifySocket?
  /// After so long without `alive` the manager ends the daemon; nil where it doesn't watch.
  let watchdogNanoseconds: Int64?
  private let log: Log

  /// Takes the manager's variables out of the environment. To be called before the first thread.
  init(_ log: Log) {
    self.log = log
    let address = ProcessEnvironment.take("NOTIFY_SOCKET")
    let period = WatchdogPeriod.nanoseconds(
      microseconds: ProcessEnvironment.take("WATCHDOG_USEC"),
      processID: ProcessEnvironment.take("WATCHDOG_PID"), ownProcessID: ProcessControl.processID)
    guard let address else {
      socket = nil
      watchdogNanoseconds = nil
      return
    }
    do {
      socket = .some(try NotifySocket(address: address))
      watchdogNanoseconds = period
    } catch {
      socket = nil
      watchdogNanoseconds = nil
      log.warning(
        "the service manager can't be notified",
        [("notify_socket", address), ("reason", "\(error)")])
    }
  }

  /// Whether there is one.
  var isThere: Bool { socket != nil }

  /// The daemon serves. `status` is one line for people.
  func ready(_ status: String) {
    send("READY=1\nMAINPID=\(ProcessControl.processID)\nSTATUS=\(status)")
  }

  /// The daemon does something long before it serves, and asks for another half minute for that.
  func preparing(_ status: String) {
    send("STATUS=\(status)\nEXTEND_TIMEOUT_USEC=30000000")
  }

  /// The daemon reads its policy anew, and says `ready` when that is over.
  func reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonicNanoseconds() / 1000)")
  }

  /// The daemon drains and ends. The sign of life gives the drain a whole period.
  ///
  /// With a `successor` the service goes on, in another process: it isn't stopping. But the manager
  /// would take the end of this process for the service's if it didn't know of the other by then. A
  /// manager to which that process is a stranger refuses it.
  func ending(successor: Int32?) {
    let alive = watchdogNanoseconds == nil ? "" : "\nWATCHDOG=1"
    if let successor {
      send("MAINPID=\(successor)\nSTATUS=handing over to process \(successor)" + alive)
    } else {
      send("STOPPING=1\nSTATUS=answering the calls in flight" + alive)
    }
  }

  /// A sign of life.
  func alive() { send("WATCHDOG=1") }

  private func send(_ lines: String) {
    do {
      try socket?.send(lines)
    } catch {
      log.warning("the service manager was not notified", [("reason", "\(error)")])
    }
  }
}
