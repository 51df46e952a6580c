internal import GRPC
internal import Messages
internal import RPC

/// A gRPC server that answers as an input says, and checks the rules of its framing.
///
/// The transcript must show in the end everything that is sent on a stream. So events are taken
/// before anything is sent, and nothing is ever sent on a stream that has already ended.
struct FuzzedGRPCServer: ~Copyable {
  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  private static let emptySettings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

  var framing: GRPCFraming
  let limits: FramingLimits
  private let greets: Bool
  /// The calls that are answered later, oldest first.
  private var held: [UInt32] = []
  /// The calls with a stream, oldest first.
  var open: [UInt32] = []
  /// The answers of the calls: messages with their prefixes.
  var answers: [UInt32: [UInt8]] = [:]
  /// All that was written to the peer.
  private var written: [UInt8] = []
  private var isViolated = false

  init(choice: Int) {
    limits = FramingLimits(choice: choice)
    greets = choice & 8 == 0
    framing = GRPCFraming(limits: limits, methods: Self.methods(choice))
  }

  /// The methods whose requests are streams. `M`, which the corpora call, is one if the choice says
  /// so.
  private static func methods(_ choice: Int) -> MethodTable {
    let names = choice & 16 == 0 ? ["U"] : ["M", "U"]
    return MethodTable(
      names.map {
        MethodDescriptor(service: "p.S", name: $0, kind: .stream(.both, isCommand: false))
      })
  }

  /// Runs the server.
  mutating func converse(_ input: inout SessionInput) {
    do throws(ProtocolViolation) {
      try framing.receive(Self.preface.span)
      if greets { try framing.receive(Self.emptySettings.span) }
      var rest = input.wire
      while !rest.isEmpty, !(framing.isFinished && framing.output.isEmpty) {
        let choice = input.choose()
        let count = choice == 0 ? rest.count : min(rest.count, choice)
        try framing.receive(rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
        try takeEvents(&input)
        proceed(input.choose())
        try takeEvents(&input)
        if !open.isEmpty { talk(open[input.choose() % open.count], input.choose()) }
        try takeEvents(&input)
      }
    } catch {
      isViolated = true
    }
    checkCount()
  }

  /// Answers the open calls, unless the daemon would have closed, and checks all that was written.
  mutating func finish() {
    while !isViolated, let stream = held.popLast() { answer([7], on: stream, choice: 0) }
    while !isViolated, let stream = open.popLast() { framing.finish(stream) }
    checkCount()
    precondition(framing.unsentBytes >= framing.output.count, "what is unsent is miscounted")
    precondition(framing.heldBytes >= framing.unsentBytes, "what is held is miscounted")
    framing.flush(limit: 1 << 20)
    write(framing.output.count)
    HTTP2Transcript.check(written, answers)
  }

  private func checkCount() {
    precondition(framing.openCalls <= limits.callsInFlight, "more calls are open than may be")
    precondition(framing.openCalls >= held.count, "calls are forgotten")
  }

  private mutating func takeEvents(_ input: inout SessionInput) throws(ProtocolViolation) {
    while let event = try framing.nextEvent() {
      switch event {
      case .call(let stream):
        let payload = take(stream)
        let choice = input.choose()
        let streams = choice & 0x18 == 0x18 || framing.currentCall.streamsRequests
        if streams && choice & 7 < 5 {
          begin(stream)
        } else {
          answer(payload, on: stream, choice: choice)
        }
      case .readable(let stream): read(stream, input.choose())
      case .writable(let stream):
        precondition(open.contains(stream), "room on a stream that is not open")
        talk(stream, input.choose())
      case .cancelled(let stream):
        guard let index = open.firstIndex(of: stream) else {
          preconditionFailure("cancelled what is not open")
        }
        open.remove(at: index)
      case .answered: preconditionFailure("nothing is answered but calls")
      }
    }
    checkCount()
    precondition(framing.openCalls >= held.count + open.count, "streams are forgotten")
  }

  /// Turns a taken call into a stream.
  private mutating func begin(_ stream: UInt32) {
    open.append(stream)
    framing.open(stream)
  }

  /// Copies the current call's payload.
  private mutating func take(_ stream: UInt32) -> [UInt8] {
    precondition(stream % 2 == 1, "a call on a stream that no client opens")
    checkCount()
    let call = framing.currentCall
    call.require(limits)
    precondition(!call.service.isEmpty && !call.method.isEmpty, "a call without a name")
    precondition(!call.streamsRequests || call.payload.isEmpty, "a payload before the messages")
    precondition(call.timeoutNanoseconds.map { $0 >= 0 } ?? true, "a negative timeout")
    return Array(copying: call.payload)
  }

  private mutating func answer(_ payload: [UInt8], on stream: UInt32, choice: Int) {
    switch choice & 7 {
    case 0...3:
      // The last is larger than a window.
      let answer =
        choice & 3 == 0 ? payload : Array(repeating: 5, count: [0, 1, 20_000, 70_000][choice & 3])
      note(answer, on: stream)
      framing.respond(to: stream, payload: answer.span)
    case 4:
      let text = "no \u{e9} % `\(stream)`"
      framing.fail(stream, Status(.notFound, text, reason: "R", metadata: [("k", "v")]))
    default: held.append(stream)
    }
  }

  /// Does what the daemon does between two reads.
  private mutating func proceed(_ choice: Int) {
    checkCount()
    if choice & 1 != 0, !held.isEmpty { answer([1, 2, 3], on: held.removeFirst(), choice: 0) }
    if choice & 2 != 0, let stream = held.popLast() { answer([], on: stream, choice: 4) }
    if choice & 0x10 != 0, let stream = held.popLast() { begin(stream) }
    if choice & 12 != 12 {
      framing.flush(limit: choice & 4 == 0 ? 1 << 20 : choice)
      write(choice & 8 == 0 ? framing.output.count : min(framing.output.count, choice))
    }
    if choice & 0xf0 == 0xf0 { framing.beginDrain() }
  }

  private mutating func write(_ count: Int) {
    written += Array(copying: framing.output.bytes.extracting(first: count))
    framing.output.consume(count)
  }
}

extension FramingLimits {
  /// Limits that an input selects: tight ones, which few bytes reach, or the defaults.
  init(choice: Int) {
    self.init()
    if choice & 1 != 0 { messageBytes = 64 }
    if choice & 2 != 0 { headerBytes = 128 }
    if choice & 4 != 0 { callsInFlight = 1 + choice >> 6 }
  }
}

/// The input of a server's fuzzer: a count, that many choices, and then the peer's bytes.
///
/// The choices control everything else: how the bytes are split, how calls are answered, when a
/// drain begins. When they are used up, they start over. So the bytes of the wire stay in one
/// piece, where a fuzzer can splice them.
struct SessionInput: ~Escapable {
  static let choicesMaximum = 32

  /// The peer's bytes.
  let wire: Span<UInt8>
  private let choices: Span<UInt8>
  private var index = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    let count = bytes.isEmpty ? 0 : min(Int(bytes[0]) % (Self.choicesMaximum + 1), bytes.count - 1)
    choices = bytes.extracting(min(1, bytes.count)..<min(1, bytes.count) + count)
    wire = bytes.extracting((min(1, bytes.count) + count)...)
  }

  /// The next choice; zero if there are none.
  @_lifetime(self: copy self)
  mutating func choose() -> Int {
    guard !choices.isEmpty else { return 0 }
    defer { index = (index + 1) % choices.count }
    return Int(choices[index])
  }
}
