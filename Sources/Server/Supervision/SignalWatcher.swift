internal import EventLoop
internal import Platform

/// Turns the signals that the daemon knows into events of the main thread's loop.
final class SignalWatcher: EventHandler {
  private let signals: SignalDescriptor
  private let receive: (ReceivedSignal) -> Void

  init(
    _ signals: consuming SignalDescriptor, on loop: EventLoop,
    receive: @escaping (ReceivedSignal) -> Void
  ) throws(Errno) {
    self.signals = signals
    self.receive = receive
    _ = try loop.add(self.signals.rawValue, .readable, handler: self)
  }

  func ready(_ readiness: Readiness) {
    do {
      while let signal = try signals.next() { receive(signal) }
    } catch { return }
  }
}
