internal import EventLoop
internal import Platform
internal import RPC

/// A peer at the control socket.
final class ControlConnection: EventHandler, TimerHandler {
  let peer: PeerCredentials
  private unowned let socket: ControlSocket
  private let loop: EventLoop
  private let descriptor: FileDescriptor
  private var machine = UpgradeResponder()
  private var registration: Registration?
  private var timer: TimerID?

  /// How long a peer may take for the exchange: until it ends, no other can take over.
  private static let patienceNanoseconds: Int64 = 10_000_000_000

  init(
    _ descriptor: consuming FileDescriptor, of peer: PeerCredentials, socket: ControlSocket,
    on loop: EventLoop
  ) throws(Errno) {
    self.peer = peer
    self.socket = socket
    self.loop = loop
    self.descriptor = descriptor
    registration = try loop.add(self.descriptor.rawValue, .readable, handler: self)
    timer = loop.schedule(afterNanoseconds: Self.patienceNanoseconds, self, token: 0)
  }

  func ready(_ readiness: Readiness) {
    do {
      guard let bytes = try read() else { return }
      guard !bytes.isEmpty else { return end("the connection ended") }
      try advance(bytes[...])
    } catch let violation as ProtocolViolation {
      refuse(violation.reason)
    } catch {
      end("\(error)")
    }
  }

  private func advance(_ bytes: ArraySlice<UInt8>) throws(ProtocolViolation) {
    switch try machine.receive(bytes) {
    case nil: return
    case .giveListeners:
      if !socket.giveListeners(descriptor, peer) { close() }
    case .end:
      stopWatching()
      socket.giveWay(descriptor, peer)
      if socket.successor == nil { close() }
    }
  }

  /// The bytes that have come: nil for none yet, empty at the end of the connection.
  private func read() throws(Errno) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let outcome: ReadOutcome
    do {
      var span = bytes.mutableSpan
      // SAFETY: bytes of a trivial type, of which any value is valid.
      var raw = unsafe span.mutableBytes
      outcome = try descriptor.read(into: &raw)
    }
    switch outcome {
    case .bytes(let count): return Array(bytes.prefix(count))
    case .wouldBlock: return nil
    case .endOfFile: return []
    }
  }

  private func refuse(_ reason: String) {
    _ = try? descriptor.send(UpgradeMessage.refusal(reason).encoded().span)
    end(reason)
  }

  func timerFired(token: UInt64) {
    timer = nil
    refuse("it has taken too long")
  }

  private func end(_ reason: String) {
    socket.report(peer, reason)
    close()
  }

  func close() {
    stopWatching()
    socket.remove(self)
  }

  private func stopWatching() {
    // It can only fail when the descriptor is gone already.
    if let registration { try? loop.remove(registration) }
    registration = nil
    if let timer { loop.cancel(timer) }
    timer = nil
  }
}
