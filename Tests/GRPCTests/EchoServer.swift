internal import GRPC
internal import Messages
internal import RPC

/// An owner of a framing that keeps to its rules.
///
/// A unary call gets its message back, a stream of both kinds every message, an upload one message
/// of as many bytes as it had messages, a watch as many messages of 1,000 bytes as its own says in
/// its first two bytes.
struct EchoServer {
  private var waiting: [UInt32: Int] = [:]
  private var methods: [UInt32: String] = [:]
  private(set) var cancelled: [UInt32] = []

  mutating func work(_ framing: inout GRPCFraming) throws {
    while let event = try framing.nextEvent() {
      switch event {
      case .call(let stream): begin(TakenCall(stream: stream, in: framing), &framing)
      case .readable(let stream), .writable(let stream): proceed(stream, &framing)
      case .cancelled(let stream):
        precondition(methods.removeValue(forKey: stream) != nil, "cancelled what was not open")
        waiting[stream] = nil
        cancelled.append(stream)
      case .answered: preconditionFailure("nothing is answered but calls")
      }
    }
  }

  private mutating func begin(_ call: TakenCall, _ framing: inout GRPCFraming) {
    precondition(call.streamsRequests == ["Upload", "Talk"].contains(call.method))
    guard call.method != "Method" else {
      return framing.respond(to: call.stream, payload: call.payload.span)
    }
    methods[call.stream] = call.method
    waiting[call.stream] =
      call.method == "Watch" ? Int(call.payload[0]) << 8 | Int(call.payload[1]) : 0
    framing.open(call.stream)
    if call.method == "Watch" { watch(call.stream, &framing) }
  }

  private mutating func proceed(_ stream: UInt32, _ framing: inout GRPCFraming) {
    switch methods[stream] {
    case "Upload": upload(stream, &framing)
    case "Watch": watch(stream, &framing)
    case "Talk": talk(stream, &framing)
    default: preconditionFailure("an event of a call that is not open")
    }
  }

  private mutating func upload(_ stream: UInt32, _ framing: inout GRPCFraming) {
    while true {
      switch framing.takeMessage(from: stream) {
      case .message: waiting[stream, default: 0] += 1
      case .empty: return
      case .ended:
        let answer = [UInt8](repeating: 1, count: waiting[stream] ?? 0)
        framing.respond(to: stream, payload: answer.span)
        return methods[stream] = nil
      }
    }
  }

  private mutating func watch(_ stream: UInt32, _ framing: inout GRPCFraming) {
    while let left = waiting[stream], left > 0 {
      guard framing.hasRoom(on: stream) else { return }
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: left), count: 1000)
      framing.send(on: stream, payload: payload.span)
      waiting[stream] = left - 1
    }
    methods[stream] = nil
    framing.finish(stream)
  }

  private mutating func talk(_ stream: UInt32, _ framing: inout GRPCFraming) {
    while framing.hasRoom(on: stream) {
      switch framing.takeMessage(from: stream) {
      case .message:
        let payload = bytes(framing.currentMessage)
        framing.send(on: stream, payload: payload.span)
      case .empty: return
      case .ended:
        framing.finish(stream)
        return methods[stream] = nil
      }
    }
  }
}
