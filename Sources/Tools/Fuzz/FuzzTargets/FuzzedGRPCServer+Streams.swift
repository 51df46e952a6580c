internal import GRPC
internal import Messages
internal import RPC

// What a gRPC server does with an open stream.
extension FuzzedGRPCServer {
  /// Adds a message to the answer of a call.
  mutating func note(_ message: [UInt8], on stream: UInt32) {
    let length = UInt32(message.count)
    answers[stream, default: []] +=
      [0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + message
  }

  /// Does one thing on an open stream.
  mutating func talk(_ stream: UInt32, _ choice: Int) {
    let sizes = [0, 1, 20_000, 70_000]
    switch choice & 7 {
    case 0...2 where framing.hasRoom(on: stream):
      send(Array(repeating: 6, count: sizes[choice >> 3 & 3]), on: stream)
    case 3: send([3], on: stream)
    case 4: take(choice >> 3, from: stream)
    case 5...7 where choice & 8 == 0:
      open.removeAll { $0 == stream }
      end(stream, choice & 7)
    default: break
    }
  }

  /// Takes at least one message, or the end, which an event has announced.
  mutating func read(_ stream: UInt32, _ choice: Int) {
    precondition(open.contains(stream), "messages on a stream that is not open")
    precondition(take(1, from: stream) != .empty, "an event about nothing")
    take(choice, from: stream)
  }

  private mutating func send(_ message: [UInt8], on stream: UInt32) {
    note(message, on: stream)
    framing.send(on: stream, payload: message.span)
  }

  @discardableResult
  private mutating func take(_ count: Int, from stream: UInt32) -> StreamInput {
    var last = StreamInput.empty
    for _ in 0..<count {
      last = framing.takeMessage(from: stream)
      guard last == .message else { break }
      let count = framing.currentMessage.count
      precondition(count <= limits.messageBytes, "a message is over its limit")
    }
    return last
  }

  private mutating func end(_ stream: UInt32, _ choice: Int) {
    switch choice {
    case 5: framing.finish(stream)
    case 6: framing.fail(stream, Status(.aborted, "enough", reason: "R"))
    default:
      note([7], on: stream)
      framing.respond(to: stream, payload: [7].span)
    }
  }
}
