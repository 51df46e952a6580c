internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// The credential of a call, by both protocols: a bad one is never treated as none.
/// Every call here comes from an operator's process, which could do everything without one.
@Suite struct CredentialTests {
  /// None of these is a well-formed credential.
  private static func refused(_ bob: String, _ carol: String) -> [[(String, String)]] {
    let key = "authorization"
    let values = [
      "Basic YTpi", "Bearer", "Bearer ", bob, "Token \(bob)", "", "Bearer  ", "Bearer\t\(bob)",
      "Bearer \(bob) x", "Bearer \(bob),Bearer \(bob)", "Basic \(bob)", "bearer:\(bob)",
    ]
    return values.map { [(key, $0)] } + [
      [(key, "Bearer \(bob)"), (key, "Bearer \(carol)")], [(key, ""), (key, "Bearer \(bob)")],
      [(key, "Bearer \(bob)"), (key, "Basic YTpi")],
    ]
  }

  @Test(arguments: PeerKind.allCases)
  func everyMethodRefusesWhatIsNoBearer(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let (bob, carol) = (world.secret(of: .user), world.secret(of: .writer))
    var stream: UInt32 = 1
    for method in Method.allCases {
      let descriptor = method.descriptor
      for metadata in Self.refused(bob, carol) {
        let call = WireCall(
          service: descriptor.service, method: descriptor.name, payload: Encoding.field(1, "acme"),
          metadata: metadata)
        let outcome = try peer.answer(to: call, descriptor, stream).outcome
        let what = "\(descriptor.name) with \(metadata)"
        #expect(outcome.code == 16, "\(what): \(outcome)")
        #expect(outcome.domain == "postern", "\(what)")
        #expect(
          outcome.reason
            == (metadata.allSatisfy { $0.1.hasPrefix("Bearer pst_") && $0.1.utf8.count == 68 }
              ? "CREDENTIALS_DIFFER" : "CREDENTIAL_MALFORMED"),
          "\(what)")
        stream += 2
      }
    }
  }

  @Test(arguments: PeerKind.allCases) func readsWhatIsOne(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let bob = world.secret(of: .user)
    // Bob may not list the users, which this process may.
    let list = WireCall(
      service: "postern.v1.DirectoryService", method: "ListUsers",
      payload: Encoding.field(1, "acme"))
    let key = "authorization"
    var cases = [
      [(key, "Bearer \(bob)")], [(key, "bearer   \(bob)")],
      [(key, "Bearer \(bob)"), (key, "BEARER \(bob)")],
    ]
    if kind == .ttrpc {
      // HTTP/2 forbids upper case in names.
      cases += [
        [("Authorization", "Bearer \(bob)")], [("AUTHORIZATION", "Bearer \(bob)")],
        [("Authorization", "Bearer \(bob)"), (key, "Bearer \(bob)")],
      ]
    }
    var stream: UInt32 = 1
    for metadata in cases {
      var call = list
      call.metadata = metadata
      try peer.sendUnary(call, stream: stream)
      #expect(try peer.unary(stream).code == 7, "\(metadata)")
      stream += 2
    }
    try peer.sendUnary(list, stream: stream)
    #expect(try peer.unary(stream).code == 0)
  }

  /// A front end that sends its caller's token under a wrong name must not act with its own rights.
  @Test(arguments: PeerKind.allCases)
  func tokensUnderOtherNamesAreRefused(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let bob = world.secret(of: .user)
    var stream: UInt32 = 1
    func answer(_ method: Method, _ metadata: [(String, String)]) throws -> Outcome {
      let descriptor = method.descriptor
      defer { stream += 2 }
      let call = WireCall(
        service: descriptor.service, method: descriptor.name, payload: Encoding.field(1, "acme"),
        metadata: metadata)
      return try peer.answer(to: call, descriptor, stream).outcome
    }
    var names = [
      "authorization-bin", "proxy-authorization", "x-authorization", "x-forwarded-authorization",
      "x-original-authorization", "grpcgateway-authorization", "x-sf-token", "x_sf_token", "bearer",
    ]
    if kind == .ttrpc { names += ["X-SF-Token", "Bearer"] }
    for method in Method.allCases {
      let outcome = try answer(method, [("x-sf-token", bob)])
      #expect(outcome.code == 16, "\(method): \(outcome)")
      #expect(outcome.reason == "CREDENTIAL_MISPLACED")
    }
    let good = ("authorization", "Bearer \(bob)")
    for name in names {
      for value in ["Bearer \(bob)", bob, "", "x"] {
        let outcome = try answer(.directoryServiceListUsers, [(name, value)])
        #expect(outcome.reason == "CREDENTIAL_MISPLACED", "\(name): \(outcome)")
        #expect(outcome.message.contains("`authorization`"))
        // The token in its proper place counts, and bob's rights don't suffice.
        #expect(try answer(.directoryServiceListUsers, [(name, value), good]).code == 7)
        #expect(try answer(.directoryServiceListUsers, [good, (name, value)]).code == 7)
        let bad = try answer(
          .directoryServiceListUsers, [(name, value), ("authorization", "Basic YTpi")])
        #expect(bad.reason == "CREDENTIAL_MALFORMED")
      }
    }
    // Under any other name the token is known by its form.
    for name in ["x-access-token", "token", "cookie", "user-agent"] {
      for value in [
        "Bearer \(bob)", "bearer   \(bob)", bob, "pst_o_x", "Token \(bob)", "x \(bob)",
        "session=\(bob); a=b", "\"\(bob)\"", "ppst_pst_u_x",
      ] {
        let outcome = try answer(.directoryServiceListUsers, [(name, value)])
        #expect(outcome.reason == "CREDENTIAL_MISPLACED", "\(name): \(outcome)")
        #expect(try answer(.directoryServiceListUsers, [(name, value), good]).code == 7)
      }
      for value in ["Bearer x", "pst_", "PST_U_x", "pst_x_u_", "p", ""] {
        #expect(try answer(.directoryServiceListUsers, [(name, value)]).code == 0)
      }
    }
    #expect(
      try answer(.directoryServiceListUsers, [("user-agent", "x"), ("a-bearer", "y")]).code == 0)
  }

  @Test func anUpperCaseKeyIsTheSameKey() throws {
    let world = try World()
    let peer = try TTRPCPeer(world.daemon)
    let payload = Encoding.field(1, "acme")
    for (index, metadata) in [
      [("Authorization", "Basic YTpi")], [("AUTHORIZATION", "")],
      [
        ("authorization", "Bearer \(world.secret(of: .administrator))"),
        ("Authorization", "Bearer \(world.secret(of: .user))"),
      ],
    ].enumerated() {
      let call = WireCall(
        service: "postern.v1.DirectoryService", method: "ListUsers", payload: payload,
        metadata: metadata)
      #expect(try peer.call(call, stream: UInt32(2 * index + 1)).code == 16, "\(metadata)")
    }
  }

  /// The programs themselves, with an environment that was meant to hold a token.
  @Test func aVariableWithoutATokenIsMisuse() throws {
    let world = try World()
    for (token, ending) in [("", 2), (" ", 2), ("\u{feff}\n", 2), ("x y", 2), ("Bearer x", 2)]
      as [(String, Int32)]
    {
      let process = try ChildProcess(
        Daemon.program("postern"), ["user", "invite", "--org", "acme", "eve"],
        environment: ["POSTERN_SOCKET": world.daemon.socketPath, "POSTERN_TOKEN": token])
      #expect(try process.wait() == .exited(ending), "`\(token)`: \(process.wholeOutput())")
    }
    let client = try world.daemon.client(bearer: "")
    #expect(failure { () throws(ClientError) in try client.invite("eve", to: "acme") } != nil)
  }
}
