internal import EpochPage
internal import EventLoop
internal import GRPC
package import HTTP1
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services
internal import TTRPC

/// A connection before its protocol is known.
///
/// A legal ttrpc length is at most 4 MiB, so its first byte is zero; HTTP/2 starts with a preface
/// of 24 bytes; HTTP/1.1 starts with the letters of a method and a space. A 1 asks for the page of
/// counters. Every other connection is closed: TLS, and one that stays silent for too long.
final class Sniffer: EventHandler, TimerHandler, ServedConnection {
  private let worker: Worker
  let identity: ConnectionIdentity
  private var descriptor: FileDescriptor?
  private var registration: Registration?
  private var timer: TimerID?
  private var received = ByteBuffer()
  private var isDraining = false

  /// How long a new peer may still send its first bytes once the daemon stops.
  private static let lastWordNanoseconds: Int64 = 250_000_000

  private static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

  init(
    _ descriptor: consuming FileDescriptor, _ identity: ConnectionIdentity, worker: Worker
  ) {
    self.worker = worker
    self.identity = identity
    self.descriptor = .some(consume descriptor)
  }

  /// Watches the peer from its first turn on: until then the connections of a user with many wait
  /// behind those of others.
  private func start() throws(Errno) {
    guard let raw = descriptor?.rawValue else { return }
    registration = try worker.loop.add(raw, .readable, handler: self)
    timer = worker.loop.schedule(
      afterNanoseconds: worker.limits.handshakeNanoseconds, self, token: 0)
  }

  func ready(_ readiness: Readiness) { worker.giveTurn(identity.place) }

  func takeTurn() {
    // Each of many connections takes a turn, after which the worker's time may be over.
    worker.beginSlice()
    worker.lookAtClock()
    // What has arrived was sent before the peer could know of a drain: it tells the protocol and is
    // answered.
    listen()
    if worker.isDraining { drain() }
  }

  private func listen() {
    do {
      if registration == nil { try start() }
      switch try read() {
      case .bytes(let count):
        worker.metrics.receivedBytes.add(UInt64(count))
        recognizeProtocol()
      case .wouldBlock: return
      case .endOfFile: close()
      }
    } catch {
      close()
    }
  }

  private func read() throws(Errno) -> ReadOutcome {
    try descriptor?.read(through: worker.readBuffer) { received.append($0) } ?? .endOfFile
  }

  private func recognizeProtocol() {
    if received.bytes[0] == 0 {
      become {
        FramedConnection(
          $0, TTRPCFraming(limits: $1.limits.framing), identity: self.identity, worker: $1)
      }
    } else if received.bytes[0] == EpochPage.firstByte {
      giveEpochs()
    } else if !Self.isPrefix(received.bytes) {
      recognizeHTTP1()
    } else if received.count >= Self.preface.utf8CodeUnitCount {
      become {
        FramedConnection(
          $0, GRPCFraming(limits: $1.limits.framing, methods: $1.methods),
          identity: self.identity, worker: $1)
      }
    }
  }

  /// Hands the page of counters over, if there is one, and ends the connection.
  private func giveEpochs() {
    switch EpochPage.isAsked(for: received.bytes) {
    case nil: return
    case true?:
      let answer = EpochPage.answer()
      // A new connection has room for it; a peer that has gone, or takes no descriptors, asks each
      // time.
      if let page = worker.epochs {
        let sent = try? descriptor?.send(answer.span, passing: [page.descriptor])
        if sent == .bytes(answer.count) { worker.metrics.kept.readers.add() }
      } else {
        _ = try? descriptor?.send(answer.span)
      }
    case false?: worker.noteRefusal("unknown protocol", of: identity.peer)
    }
    close()
  }

  private func recognizeHTTP1() {
    switch HTTP1Framing.isSpoken(received.bytes) {
    case nil: return
    case true?:
      become {
        FramedConnection(
          $0,
          HTTP1Framing(
            limits: $1.limits.framing, catalog: .contract, isProxy: self.identity.peer.isProxy),
          identity: self.identity, worker: $1)
      }
    case false?:
      worker.noteRefusal("unknown protocol", of: identity.peer)
      close()
    }
  }

  /// Hands the descriptor and what was read to the connection that speaks the protocol.
  private func become<Connection: FramedServing>(
    _ make: (consuming FileDescriptor, Worker) -> Connection
  ) {
    stopWatching()
    guard let descriptor = descriptor.take() else { return }
    let connection = make(descriptor, worker)
    worker.replace(identity, with: connection)
    connection.start(with: received)
  }

  func timerFired(token: UInt64) {
    timer = nil
    if !isDraining { worker.noteRefusal("handshake timeout", of: identity.peer) }
    close()
  }

  func deliverAnswer(_ result: Result<WipedBytes, Status>, to stream: UInt32) {}

  func requestTurn() { worker.giveTurn(identity.place) }

  func ledgerChanged() {}

  /// The handshake has a time limit of its own.
  func closeIfIdle(since nanoseconds: Int64) {}

  func closeIfStalled(since nanoseconds: Int64) {}

  private func drain() {
    guard !isDraining, descriptor != nil else { return }
    isDraining = true
    // A new peer is about to speak. If the connection ends before its first bytes, stock gRPC
    // clients take the daemon for unreachable and fail the call; after them they try again.
    if let timer { worker.loop.cancel(timer) }
    timer = worker.loop.schedule(afterNanoseconds: Self.lastWordNanoseconds, self, token: 0)
  }

  func close() {
    stopWatching()
    descriptor = nil
    worker.remove(identity)
  }

  private func stopWatching() {
    if let registration {
      worker.ignoreErrors { () throws(Errno) in try worker.loop.remove(registration) }
    }
    registration = nil
    if let timer { worker.loop.cancel(timer) }
    timer = nil
  }

  private static func isPrefix(_ bytes: Span<UInt8>) -> Bool {
    var preface = ByteBuffer()
    preface.append("\(Self.preface)")
    let count = min(preface.count, bytes.count)
    return preface.bytes.extracting(first: count).isEqual(to: bytes.extracting(first: count))
  }
}

extension MethodCatalog {
  /// The methods of the contract.
  package static let contract = MethodCatalog(
    Method.allCases.map { method in
      let messages = method.messages
      return Item(
        method.descriptor, request: messages.request, response: messages.response,
        hasNoSideEffects: method.hasNoSideEffects)
    })
}
