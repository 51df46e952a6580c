internal import Foundation
internal import Messages
internal import Platform

/// Redis with its keys in memory only, asked by `GET` over a Unix socket.
///
/// It has as many keys as there are tokens. Short keys and values favour it: 18 bytes, and the 64
/// of a token's answer.
struct RedisPeer {
  /// The servers that speak its protocol.
  enum Program: String, CaseIterable {
    case redis = "redis-server"
    case valkey = "valkey-server"

    var name: String { self == .redis ? "Redis" : "Valkey" }
  }

  private static let valueByteCount = 64

  let socketPath: String
  let process: ChildProcess

  static func isInstalled(_ program: Program = .redis) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program.rawValue)")
    }
  }

  init(_ program: Program = .redis, folder: WorkFolder) throws(BenchFailure) {
    socketPath = folder.file("\(program.rawValue).sock")
    process = try ChildProcess.start(
      program.rawValue,
      ["--port", "0", "--unixsocket", socketPath, "--save", "", "--appendonly", "no"],
      name: program.rawValue, logPath: folder.file("\(program.rawValue).log"))
    try process.awaitSocket(socketPath)
  }

  /// Sets `count` keys.
  func load(count: Int) throws(BenchFailure) {
    let value = String(repeating: "v", count: Self.valueByteCount)
    let answer = Array("+OK\r\n".utf8)
    var talk = FixedReplyConversation(
      name: "redis-server",
      ring: try RequestRing(Array(0..<count)) {
        Self.append(to: &$0, ["SET", Self.key($1), value])
      },
      replyByteCount: answer.count, prefix: answer)
    var loop = try LoadLoop<FixedReplyConversation>(
      shape: .streams, socketPaths: [socketPath], serverProcessIDs: [process.processID])
    _ = try loop.run(&talk, until: .calls(count))
  }

  func conversation(order: [Int]) throws(BenchFailure) -> FixedReplyConversation {
    let prefix = Array("$\(Self.valueByteCount)\r\n".utf8)
    return FixedReplyConversation(
      name: "redis-server",
      ring: try RequestRing(order) { Self.append(to: &$0, ["GET", Self.key($1)]) },
      replyByteCount: prefix.count + Self.valueByteCount + 2, prefix: prefix)
  }

  private static func key(_ number: Int) -> String {
    let digits = String(number)
    return "token:" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// A command as an array of bulk strings (RESP 2).
  private static func append(to frame: inout [UInt8], _ words: [String]) {
    frame += "*\(words.count)\r\n".utf8
    for word in words { frame += "$\(word.utf8.count)\r\n\(word)\r\n".utf8 }
  }
}

/// A server whose answers all have one size and one beginning.
struct FixedReplyConversation: Conversation {
  let name: String
  var ring: RequestRing
  let replyByteCount: Int
  /// The beginning of every answer; any other is a wrong answer.
  let prefix: [UInt8]

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    let range = ring.take(count)
    try link.send(ring.bytes.span.extracting(range))
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    let count = bytes.count / replyByteCount
    for answer in 0..<count {
      for index in prefix.indices where bytes[answer * replyByteCount + index] != prefix[index] {
        throw BenchFailure("\(name) answers wrongly")
      }
    }
    return Heard(consumedByteCount: count * replyByteCount, answerCount: count)
  }
}
