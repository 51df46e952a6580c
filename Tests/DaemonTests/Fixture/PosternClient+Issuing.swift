internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

// Tokens of alice, of acme, many at once.
extension PosternClient {
  /// An encoded request for one.
  static func issueRequest(description: String = "") -> [UInt8] {
    let arena = Arena(initialBytes: 4096)
    let request = PosternV1.IssueTokenRequest.Builder(in: arena)
    request.setOrganizationID("acme")
    request.setUserID("alice")
    if !description.isEmpty { request.setDescription(description) }
    var buffer = ByteBuffer()
    request.encode(into: &buffer)
    return [UInt8](buffer.bytes)
  }

  /// Sends `count` requests.
  func sendIssues(_ request: [UInt8], count: Int) throws {
    for _ in 0..<count {
      _ = try send(service: "postern.v1.TokenService", method: "IssueToken", payload: request.span)
    }
  }

  /// Issues `count` tokens at a time until some are refused for want of room, at most `rounds`
  /// times; the secrets of the others.
  func issueUntilRefused(
    _ request: [UInt8], count: Int, rounds: Int
  ) throws -> [String] {
    var secrets: [String] = []
    var refusals = 0
    for _ in 0..<rounds where refusals == 0 {
      try sendIssues(request, count: count)
      for _ in 0..<count {
        let answer: (stream: UInt32, code: StatusCode, payload: [UInt8]) = try receive()
        if answer.code == .ok {
          let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
          let issued = try PosternV1.IssueTokenResponse(decoding: answer.payload.span, in: arena)
          secrets.append(String(issued.secret))
        } else {
          #expect(answer.code == .unavailable)
          refusals += 1
        }
      }
    }
    #expect(refusals > 0)
    return secrets
  }
}
