internal import TestSupport

/// A client that speaks HTTP/1.1 on one connection.
final class HTTPPeer {
  struct Answer: Equatable {
    var status: Int
    var fields: [String: String]
    var body: String
  }

  let socket: RawSocket

  init(_ daemon: Daemon) throws { socket = try RawSocket(daemon) }

  /// Sends a request and waits for its answer.
  func ask(
    _ method: String, _ path: String, _ fields: [(String, String)] = [], body: String = ""
  ) throws -> Answer {
    try send(method, path, fields, body: body)
    return try receive(hasBody: method != "HEAD")
  }

  /// Calls a method with JSON.
  func call(_ method: String, _ json: String, bearer: String? = nil) throws -> Answer {
    var fields = [("Content-Type", "application/json")]
    if let bearer { fields.append(("Authorization", "Bearer \(bearer)")) }
    return try ask("POST", "/postern.v1.\(method)", fields, body: json)
  }

  func send(
    _ method: String, _ path: String, _ fields: [(String, String)] = [], body: String = ""
  ) throws {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in fields { text += "\(name): \(value)\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
    try socket.send(Array((text + "\r\n" + body).utf8))
  }

  func receive(hasBody: Bool = true) throws -> Answer {
    var head: [UInt8] = []
    while !head.reversed().starts(with: Array("\n\r\n\r".utf8)) { head += try socket.take(1) }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let status = lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) } ?? 0
    var answer = Answer(status: status, fields: [:], body: "")
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      answer.fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    let length = hasBody ? Int(answer.fields["content-length"] ?? "") ?? 0 : 0
    answer.body = String(decoding: try socket.take(length), as: UTF8.self)
    return answer
  }
}
