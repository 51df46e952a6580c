internal import Glibc
internal import Messages
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// A second after the answers no secret is in the daemon's memory, however it came in.
@Suite(.enabled(if: ProcessMemory.isMeaningful, "a sanitizer keeps what was freed"))
struct WipedSecretTests {
  private static let limits = ["--max-message-bytes", "262144"]
  /// How often each way is gone.
  private static let uses = 15

  @Test(arguments: PeerKind.allCases) func nothingIsLeftOfCalls(kind: PeerKind) throws {
    let world = try World(Self.limits)
    let trail = SecretTrail()
    for subject in PermissionMatrixTests.Subject.allCases {
      trail.note(world.secret(of: subject), "of a client")
    }
    let peer = try kind.connect(world.daemon)
    var stream: UInt32 = 1
    for use in SecretUse.all {
      for _ in 0..<Self.uses {
        let secret = trail.note(try issue(peer, &stream), use.name)
        let outcome = try peer.answer(to: use.call(secret), use.method.descriptor, stream).outcome
        #expect(outcome.code == use.code, "\(use.name): \(outcome)")
        stream += 2
      }
    }
    for _ in 0..<Self.uses { try rotate(peer, trail, &stream) }
    #expect(trail.count >= 500)
    try trail.expectNothing(in: world.daemon)
    // The connection is still open until here.
    try peer.socket.finishSending()
    try trail.expectNothing(in: world.daemon)
  }

  @Test(arguments: PeerKind.allCases) func nothingIsLeftOfWhatIsNotFinished(kind: PeerKind) throws {
    let world = try World(Self.limits + ["--max-calls-in-flight", "16"])
    let trail = SecretTrail()
    let issuer = try SecretIssuer(world.daemon, trail)
    let call = Method.tokenServiceValidateToken.descriptor
    let watch = Method.watchServiceWatch.descriptor
    for _ in 0..<Self.uses {
      // A request of which all but its last bytes come.
      let peer = try kind.connect(world.daemon)
      let half3 = try issuer.issue("in half a proxied request")
      let question = AuthorizationQuestion(headers: [("x-sf-token", half3)])
      let asking = try kind.connect(world.daemon)
      let asked = AuthorizationQuestion.call(question.payload).bytes(kind, stream: 1)
      try asking.socket.send(Array(asked.dropLast(7)))
      let half = try issuer.issue("in half a request")
      let half2 = try issuer.issue("the bearer of half a request")
      let payload = Encoding.field(1, half) + Encoding.field(9, [UInt8](repeating: 1, count: 9000))
      let bytes = WireCall(
        service: call.service, method: call.name, payload: payload, bearer: half2
      ).bytes(kind, stream: 1)
      try peer.socket.send(Array(bytes.dropLast(7)))
      // Streams that are open when the connection ends, one more than may be.
      let watching = try kind.connect(world.daemon)
      for index in 0..<17 as Range<UInt32> {
        let watcher = try issuer.issue("of a stream")
        var open = WireCall(
          service: watch.service, method: watch.name, payload: Encoding.field(2, "acme"))
        if index % 2 == 0 {
          open.bearer = watcher
        } else {
          open.payload += Encoding.field(14, watcher)
        }
        try watching.open(open, stream: 1 + 2 * index)
      }
      // Refused with a status, or a reset.
      #expect((try? watching.next(33))?.outcome?.code ?? 8 == 8)
      // Words that no protocol begins with, and one that begins with the right ones.
      let stranger = try RawSocket(world.daemon)
      let spoken = try issuer.issue("to a stranger")
      try stranger.send(Array("HELO / HTTP/1.1\r\nAuthorization: Bearer \(spoken)\r\n\r\n".utf8))
      _ = try stranger.waitForEnd()
      let silent = try RawSocket(world.daemon)
      try silent.send(Array("PRI * HTTP".utf8))
    }
    try world.daemon.client().waitForConnections(atMost: 2)
    try trail.expectNothing(in: world.daemon)
  }

  @Test func nothingIsLeftOfHTTP() throws {
    let world = try World(Self.limits)
    let trail = SecretTrail()
    let issuer = try SecretIssuer(world.daemon, trail)
    let peer = try HTTPPeer(world.daemon)
    let validate = "TokenService/ValidateToken"
    for _ in 0..<Self.uses {
      let issued = try peer.call(
        "TokenService/IssueToken", #"{"organizationId":"acme","userId":"alice"}"#)
      let shown = try #require(issued.body.split(separator: "\"").first { $0.hasPrefix("pst_u_") })
      trail.note(String(shown), "shown as JSON")
      let valid = try peer.call(validate, #"{"secret":"\#(try issuer.issue("in JSON"))"}"#)
      #expect(valid.body.contains(#""active":true"#))
      let listed = try peer.call(
        "TokenService/ListTokens", #"{"organizationId":"acme"}"#,
        bearer: try issuer.issue("a bearer over HTTP"))
      #expect(listed.status == 200)
      let asked = try peer.ask(
        "GET",
        "/postern.v1.\(validate)?encoding=json&message=%7B%22secret%22:%22"
          + (try issuer.issue("in a query")) + "%22%7D")
      #expect(asked.body.contains(#""active":true"#))
      // As the name of a field, malformed, at an unknown path, and never finished.
      let named = try peer.call(validate, #"{"\#(try issuer.issue("a name"))":1}"#)
      #expect(named.status == 400 && !named.body.contains("pst_u_"))
      let broken = try peer.call(validate, #"{"secret":"\#(try issuer.issue("broken"))"#)
      #expect(broken.status == 400 && !broken.body.contains("pst_u_"))
      let secret = try issuer.issue("at no path")
      let field = ("Authorization", "Bearer \(secret)")
      #expect(try peer.ask("POST", "/none", [field], body: secret).status == 404)
      let half = try HTTPPeer(world.daemon)
      try half.socket.send(
        Array("GET /livez HTTP/1.1\r\nX: \(try issuer.issue("in half a head"))".utf8))
      let bad = try HTTPPeer(world.daemon)
      try bad.socket.send(
        Array("GET /livez HTTP/1.1\r\nX: \(try issuer.issue("in a bad head"))\n".utf8))
      #expect(try bad.receive().status == 400)
    }
    try world.daemon.client().waitForConnections(atMost: 3)
    try trail.expectNothing(in: world.daemon)
  }

  /// What stock clients send: compressed fields, to be kept for the next call. They are told not
  /// to, and until they know, which some never do, what they have sent is kept for them.
  @Test(arguments: [true, false]) func nothingIsLeftOfCompressedFields(
    whenToldNotTo acknowledges: Bool
  ) throws {
    let world = try World(Self.limits)
    let trail = SecretTrail()
    let issuer = try SecretIssuer(world.daemon, trail)
    do {
      let peer = try GRPCPeer(world.daemon)
      for index in 0..<60 as Range<UInt32> {
        let secret = try issuer.issue("compressed")
        let value = HuffmanText.encoded("Bearer \(secret)")
        trail.note(alsoAs: Array(value.dropFirst(12).dropLast(2)))
        let list = Method.tokenServiceListTokens.descriptor
        let call = WireCall(service: list.service, method: list.name)
        // The name from the static table, to be added to the dynamic one, with every other value
        // in more than one frame.
        let field = [0x40 | 23, 0x80 | UInt8(value.count)] + value
        let update: [UInt8] = acknowledges && index == 1 ? [0x20] : []
        let block = update + GRPCPeer.hpack(GRPCPeer.headers(of: call)) + field
        let id = 1 + 2 * index
        if index % 2 == 0 {
          try peer.socket.send(GRPCPeer.frame(1, flags: 4, stream: id, block))
        } else {
          let cut = block.count - 30
          try peer.socket.send(
            GRPCPeer.frame(1, stream: id, Array(block[..<cut]))
              + GRPCPeer.frame(9, flags: 4, stream: id, Array(block[cut...])))
        }
        try peer.socket.send(GRPCPeer.body(Encoding.field(1, "acme"), stream: id))
        #expect(try peer.receive(id).code == 0)
        // Both frames of settings.
        if acknowledges, index == 0 {
          try peer.socket.send(GRPCPeer.frame(4, flags: 1) + GRPCPeer.frame(4, flags: 1))
        }
      }
      if acknowledges {
        try trail.expectNothing(in: world.daemon)
        // The connection is still open until here.
        try peer.socket.finishSending()
      }
    }
    try world.daemon.client().waitForConnections(atMost: 2)
    try trail.expectNothing(in: world.daemon)
  }

  private func issue(_ peer: any StreamPeer, _ stream: inout UInt32) throws -> String {
    let payload = Encoding.field(1, "acme") + Encoding.field(2, "alice")
    return try secret(
      of: WireCall(method: "IssueToken", payload: payload), .tokenServiceIssueToken, peer, &stream)
  }

  /// Rotates an org token, so that it has two secrets.
  private func rotate(
    _ peer: any StreamPeer, _ trail: SecretTrail, _ stream: inout UInt32
  ) throws {
    let payload =
      Encoding.field(1, "acme") + Encoding.field(5, "token-\(stream)")
      + Encoding.field(6, integer: 1)
    let issue = WireCall(method: "IssueToken", payload: payload)
    let first = try secret(of: issue, .tokenServiceIssueToken, peer, &stream)
    trail.note(first, "issued to be rotated")
    let id = Array(first.utf8)[6..<28]
    let rotate = WireCall(method: "RotateOrgToken", payload: Encoding.field(1, Array(id)))
    trail.note(try secret(of: rotate, .tokenServiceRotateOrgToken, peer, &stream), "rotated")
  }

  private func secret(
    of call: WireCall, _ method: Method, _ peer: any StreamPeer, _ stream: inout UInt32
  ) throws -> String {
    let outcome = try peer.answer(to: call, method.descriptor, stream).outcome
    stream += 2
    return try SecretIssuer.secret(in: outcome)
  }
}

extension WireCall {
  /// The frames of the call.
  fileprivate func bytes(_ kind: PeerKind, stream: UInt32) -> [UInt8] {
    switch kind {
    case .ttrpc: TTRPCPeer.frame(TTRPCPeer.request(self), stream: stream)
    case .grpc: GRPCPeer.head(self, stream: stream) + GRPCPeer.body(payload, stream: stream)
    }
  }
}
