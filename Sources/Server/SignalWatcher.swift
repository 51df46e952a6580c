internal import EventLoop
internal import Platform

/// Turns SIGTERM and SIGINT into an event of the main thread's loop.
final class SignalWatcher: EventHandler {
  private let signals: SignalDescriptor
  private let stop: (ReceivedSignal) -> Void

  init(
    _ signals: consuming SignalDescriptor, on loop: EventLoop,
    stop: @escaping (ReceivedSignal) -> Void
  ) throws(Errno) {
    self.signals = signals
    self.stop = stop
    _ = try loop.add(self.signals.rawValue, .readable, handler: self)
  }

  func ready(_ readiness: Readiness) {
    do {
      while let signal = try signals.next() { stop(signal) }
    } catch { return }
  }
}
