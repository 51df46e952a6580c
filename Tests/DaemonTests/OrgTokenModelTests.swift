internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// A random life of a few org tokens, against a model that knows which secrets must be good.
@Suite struct OrgTokenModelTests {
  private struct Token {
    let id: String
    var name: String
    var isDisabled = false
    var isRevoked = false
    var secret: String
    /// The secret in its grace period.
    var previous: String?

    func isGood(_ text: String) -> Bool {
      !isDisabled && !isRevoked && (text == secret || text == previous)
    }
  }

  /// Some more often than others, so that most tokens are good most of the time.
  private static let operations = [0, 1, 1, 2, 3, 3, 3, 4, 5, 5, 5, 6]

  @Test(arguments: [1, 2, 3] as [UInt64])
  func agreesWithAModel(_ seed: UInt64) throws {
    let folder = TemporaryFolder()
    var random = SplitMix64(seed: seed)
    var tokens: [Token] = []
    var secrets: [String] = []
    var daemon = try Daemon(folder: folder)
    var client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    for round in 0..<120 {
      let name = "name \(random.next() % 6)"
      let holder = tokens.firstIndex { $0.name == name && !$0.isRevoked }
      if tokens.isEmpty || random.next() % 8 == 0 {
        do throws(ClientError) {
          let issued = try client.issueOrgToken(named: name, of: "acme", [.api])
          #expect(holder == nil)
          tokens.append(Token(id: issued.id, name: name, secret: issued.secret))
          secrets.append(issued.secret)
        } catch {
          #expect(error.statusName == "ALREADY_EXISTS" && holder != nil)
        }
      } else {
        let index = Int(random.next() % UInt64(tokens.count))
        let operation = Self.operations[Int(random.next() % UInt64(Self.operations.count))]
        do throws(ClientError) {
          let secret = try Self.apply(operation, name, client, &tokens[index])
          if let secret { secrets.append(secret) }
        } catch {
          let isTaken = operation == 1 && holder != nil && holder != index
          let isRotation = operation >= 5
          #expect(
            tokens[index].isRevoked || isTaken || (isRotation && tokens[index].isDisabled),
            "\(round): \(error.statusName)")
        }
      }
      if round == 60 {
        _ = try daemon.crash()
        daemon = try Daemon(folder: folder)
        client = try daemon.client()
      }
      for secret in secrets {
        let isGood = tokens.contains { $0.isGood(secret) }
        #expect(try client.isActive(secret) == isGood, "\(seed), round \(round)")
      }
      for token in tokens {
        let shown = try #require(try client.orgToken(token.id))
        #expect(shown.name == token.name)
        #expect((shown.state == .disabled) == (token.isDisabled && !token.isRevoked))
      }
    }
    #expect(secrets.count > tokens.count + 5, "too few rotations")
  }

  /// Does it, and notes in the model what it did. Returns a new secret.
  private static func apply(
    _ operation: Int, _ name: String, _ client: PosternClient, _ token: inout Token
  ) throws(ClientError) -> String? {
    switch operation {
    case 0:
      try client.revoke(id: token.id)
      token.isRevoked = true
    case 1:
      try client.updateOrgToken(token.id, ["name"]) { $0.setName(name) }
      token.name = name
    case 2, 3:
      let isDisabled = operation == 2
      try client.updateOrgToken(token.id, ["disabled"]) { $0.setDisabled(isDisabled) }
      token.isDisabled = isDisabled
    case 4:
      try client.updateOrgToken(token.id, ["previous_secret_expires_at"])
      token.previous = nil
    default:
      let rotated = try client.rotate(token.id, graceSeconds: operation == 5 ? 3600 : nil)
      token.previous = operation == 5 ? token.secret : nil
      token.secret = rotated.secret
      return rotated.secret
    }
    return nil
  }
}
