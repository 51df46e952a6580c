internal import HTTP1
internal import Messages
internal import RPC
internal import Server

/// A whole connection of HTTP/1.1: any bytes, split anywhere, with calls answered at once or later.
enum HTTP1Fuzz {
  static func run(_ bytes: Span<UInt8>) {
    var input = SessionInput(bytes)
    let limits = FramingLimits(choice: input.choose())
    var session = HTTP1Session(limits: limits)
    session.converse(&input)
    session.finish()
    // Whether the body has come already decides what is said to a peer that waits for it.
    if !mayWait(bytes) { compareCuts(bytes, limits) }
  }

  /// Checks that the splits of the bytes make no difference to a server that answers at once.
  private static func compareCuts(_ bytes: Span<UInt8>, _ limits: FramingLimits) {
    var cut = HTTP1Session(limits: limits)
    var input = SessionInput(bytes)
    cut.echo(&input, isCut: true)
    var whole = HTTP1Session(limits: limits)
    var uncut = SessionInput(bytes)
    whole.echo(&uncut, isCut: false)
    precondition(cut.written == whole.written, "the cuts show in the output")
    precondition(cut.isFinished == whole.isFinished, "the cuts show in the end")
  }

  private static func mayWait(_ bytes: Span<UInt8>) -> Bool {
    let word = Array("100-".utf8)
    for start in 0..<max(0, bytes.count - word.count) {
      let place = bytes.extracting(start..<start + word.count)
      if Array(copying: place) == word { return true }
    }
    return false
  }
}

/// A server of HTTP/1.1 that answers as an input says, and checks the rules of its framing.
struct HTTP1Session: ~Copyable {
  private var framing: HTTP1Framing
  private let limits: FramingLimits
  private var fedByteCount = 0
  /// The call that is not answered yet; zero for none.
  private var held: UInt32 = 0
  private var lastTaken: UInt32 = 0
  private(set) var written: [UInt8] = []

  init(limits: FramingLimits) {
    framing = HTTP1Framing(limits: limits, catalog: .contract)
    self.limits = limits
  }

  var isFinished: Bool { framing.isFinished }

  mutating func converse(_ input: inout SessionInput) {
    var rest = input.wire
    while !rest.isEmpty {
      let choice = input.choose()
      let count = choice == 0 ? rest.count : min(rest.count, choice)
      feed(rest.extracting(first: count))
      rest = rest.extracting(droppingFirst: count)
      takeCalls(input.choose())
      proceed(input.choose())
    }
  }

  /// Answers every call at once with its own payload.
  mutating func echo(_ input: inout SessionInput, isCut: Bool) {
    var rest = input.wire
    while !rest.isEmpty {
      let choice = isCut ? input.choose() : 0
      let count = choice == 0 ? rest.count : min(rest.count, choice)
      feed(rest.extracting(first: count))
      rest = rest.extracting(droppingFirst: count)
      takeCalls(0)
    }
    takeOutput()
  }

  /// Answers the open call, and checks the end.
  mutating func finish() {
    if held != 0 { answer([7], choice: 0) }
    takeCalls(0)
    precondition(framing.openCalls == 0, "a call stays open")
    takeOutput()
    precondition(
      written.isEmpty || written.starts(with: Array("HTTP/1.1 ".utf8)), "the output is no answer")
    precondition(framing.violation == nil || framing.violation?.reason.isEmpty == false)
  }

  private mutating func feed(_ bytes: Span<UInt8>) {
    fedByteCount += bytes.count
    framing.receive(bytes)
  }

  private mutating func takeCalls(_ choice: Int) {
    while let event = framing.nextEvent() {
      guard case .call(let id) = event else { continue }
      precondition(held == 0 && id == lastTaken + 1, "two calls are open")
      lastTaken = id
      held = id
      let payload = Self.check(framing.currentCall, limits)
      if choice & 4 == 0 { answer(payload, choice: choice) }
      framing.release()
    }
    precondition(
      framing.heldBytes < (1 << 20) + 32 * (fedByteCount + written.count + framing.output.count),
      "more is held than came")
  }

  /// Checks a call and copies its payload.
  private static func check(_ call: IncomingCall, _ limits: FramingLimits) -> [UInt8] {
    precondition(call.payload.count <= limits.messageBytes, "a message is over its limit")
    precondition(!call.service.isEmpty && !call.method.isEmpty, "a call without a method")
    precondition(!call.streamsRequests && !call.acceptsStream, "a stream")
    if case .bearer(let token) = call.authorization {
      precondition(!token.isEmpty && token.count <= limits.headerBytes, "a token of no length")
    }
    return Array(copying: call.payload)
  }

  private mutating func answer(_ payload: [UInt8], choice: Int) {
    let id = held
    held = 0
    if choice & 1 == 0 {
      framing.respond(to: id, payload: payload.span)
    } else {
      framing.fail(id, Status(.notFound, "no", reason: "R", metadata: [("k", "v")]))
    }
  }

  /// Does what the daemon does between two reads.
  private mutating func proceed(_ choice: Int) {
    if choice & 1 != 0, held != 0 {
      answer([8, 1], choice: choice >> 1)
      takeCalls(choice)
    }
    if choice & 8 != 0 { takeOutput() }
    if choice & 0xf0 == 0xf0 { framing.beginDrain() }
  }

  private mutating func takeOutput() {
    written += Array(copying: framing.output.bytes)
    framing.output.removeAll()
  }
}
