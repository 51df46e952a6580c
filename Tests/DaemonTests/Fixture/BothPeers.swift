internal import TestSupport
internal import Testing

/// A connection of each protocol, asked the same.
final class BothPeers {
  private let ttrpc: TTRPCPeer
  private let grpc: GRPCPeer
  private var stream: UInt32 = 1

  init(_ daemon: Daemon) throws {
    ttrpc = try TTRPCPeer(daemon)
    grpc = try GRPCPeer(daemon)
  }

  /// What both answer.
  func ask(
    _ call: WireCall, _ place: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    defer { stream += 2 }
    let outcome = try ttrpc.call(call, stream: stream)
    let other = try grpc.call(call, stream: stream)
    #expect(outcome == other, sourceLocation: place)
    return outcome
  }

  func ask(
    _ method: String, of service: String, _ payload: [UInt8], bearer: String? = nil,
    _ place: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let call = WireCall(
      service: "postern.v1." + service, method: method, payload: payload, bearer: bearer)
    return try ask(call, place)
  }

  /// Whether a token is active.
  func isActive(_ secret: String) throws -> Bool {
    let outcome = try ask("ValidateToken", of: "TokenService", Encoding.field(1, secret))
    guard outcome.code == 0 else { throw FixtureError("\(outcome)") }
    // `active` is the first field, and absent where it is false.
    return outcome.payload.starts(with: [8, 1])
  }

  /// What Envoy is told of a request with a token.
  func authorize(_ method: String, _ path: String, _ secret: String) throws -> AuthorizationAnswer {
    var question = AuthorizationQuestion(method: method, path: path)
    question.headers = [("authorization", "Bearer \(secret)")]
    let outcome = try ask(AuthorizationQuestion.call(question.payload))
    guard outcome.code == 0 else { throw FixtureError("an error: \(outcome)") }
    return try AuthorizationAnswer(outcome.payload)
  }
}
