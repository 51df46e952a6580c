internal import Glibc
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// The field `bearer` of the requests that stream, for clients that send no metadata with a stream.
/// Every call here comes from an operator's process, which could do everything without a token.
@Suite struct BearerFieldTests {
  private static let methods = Method.allCases.filter {
    $0.descriptor.service.hasPrefix("postern.v1.")
      && ($0.descriptor.kind.streamsRequests || $0.descriptor.kind.streamsResponses)
  }

  /// A call that the process may make and bob may not.
  private static func call(_ method: Method, bearer: String?) -> WireCall {
    var payload =
      method == .directoryServiceImport
      ? Encoding.field(1, Encoding.field(1, Encoding.field(1, "acme"))) : Encoding.field(1, "acme")
    if method == .watchServiceWatch { payload = Encoding.field(2, "acme") }
    if let bearer { payload += Encoding.field(14, bearer) }
    return WireCall(
      service: method.descriptor.service, method: method.descriptor.name, payload: payload)
  }

  @Test func everyStreamHasTheField() {
    #expect(Self.methods.count >= 5)
    for method in Self.methods {
      #expect(method.descriptor.bearerField == 14, "\(method.descriptor.name)")
    }
  }

  @Test(arguments: PeerKind.allCases) func namesTheBearer(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let bob = world.secret(of: .user)
    var stream: UInt32 = 1
    func outcome(_ method: Method, _ field: String?, _ header: String?) throws -> Outcome {
      var call = Self.call(method, bearer: field)
      call.bearer = header
      defer { stream += 2 }
      return try peer.answer(to: call, method.descriptor, stream).outcome
    }
    for method in Self.methods {
      let name = method.descriptor.name
      #expect(try outcome(method, bob, nil).code == 7, "\(name)")
      #expect(try outcome(method, nil, bob).code == 7, "\(name)")
      #expect(try outcome(method, bob, bob).code == 7, "\(name)")
      for bad in ["", "Bearer \(bob)", "\(bob)\n", " ", "x y", "garbage"] {
        #expect(try outcome(method, bad, nil).code == 16, "\(name) with `\(bad)`")
      }
      #expect(try outcome(method, world.secret(of: .revoked), nil).code == 16, "\(name)")
      if !method.descriptor.kind.streamsRequests {
        let two = try outcome(method, world.secret(of: .administrator), bob)
        #expect(two.code == 16 && two.reason == "CREDENTIALS_DIFFER", "\(name): \(two)")
      }
      #expect(try outcome(method, bob, "").code == 16, "\(name)")
      // The field twice, and with another type than text.
      var call = Self.call(method, bearer: bob)
      call.payload += Encoding.field(14, world.secret(of: .writer))
      let twice = try peer.answer(to: call, method.descriptor, stream).outcome
      #expect(twice.reason == "CREDENTIALS_DIFFER", "\(name): \(twice)")
      call = Self.call(method, bearer: nil)
      call.payload += Encoding.field(14, integer: 1)
      #expect(try peer.answer(to: call, method.descriptor, stream + 2).outcome.code == 16)
      stream += 4
    }
    // The steps of a mass revoke, too: bob's own tokens, in his name.
    var revoke = Self.call(.tokenServiceRevokeTokens, bearer: bob)
    revoke.payload += Encoding.field(2, "bob")
    try peer.open(revoke, stream: stream)
    #expect(try peer.all(stream).outcome.code == 0)
    #expect(try !world.daemon.client().isActive(bob))
  }

  @Test(arguments: PeerKind.allCases)
  func aLaterMessageCanNotChangeTheBearer(kind: PeerKind) throws {
    let world = try World()
    let peer = try kind.connect(world.daemon)
    let method = Method.directoryServiceImport
    let plain = Self.call(method, bearer: nil)
    for (stream, bearer, code) in [(1, world.secret(of: .user), 7), (3, "x y", 16)]
      as [(UInt32, String, Int32)]
    {
      var head = plain
      head.payload = []
      try peer.openSending(head, stream: stream)
      try peer.sendMessage(plain.payload, on: stream)
      try peer.sendMessage(Self.call(method, bearer: bearer).payload, on: stream)
      #expect(try peer.all(stream).outcome.code == code)
    }
  }

  /// A process whose user needs a bearer token has no rights without one, also if it is an
  /// operator's.
  @Test(arguments: [
    ["--require-bearer-uid", "\(getuid())"], ["--require-bearer-gid", "\(getgid())"],
    ["--require-bearer-uid", "\(getuid())", "--operator-uid", "\(getuid())"],
    ["--require-bearer-gid=\(getgid())", "--operator-gid=\(getgid())"],
  ])
  func aProxyHasNoRights(settings: [String]) throws {
    let world = try World()
    _ = try world.daemon.stop()
    let daemon = try Daemon(settings, folder: world.daemon.folder)
    for kind in PeerKind.allCases {
      let peer = try kind.connect(daemon)
      var stream: UInt32 = 1
      func code(_ call: WireCall, _ method: Method) throws -> Int32 {
        defer { stream += 2 }
        return try peer.answer(to: call, method.descriptor, stream).outcome.code
      }
      for method in Self.methods {
        let code = try code(Self.call(method, bearer: nil), method)
        #expect(code == 16 || code == 7, "\(method.descriptor.name): \(code)")
      }
      for (method, payload) in [
        (Method.directoryServiceListUsers, Encoding.field(1, "acme")),
        (.tokenServiceIssueToken, Encoding.field(1, "acme") + Encoding.field(2, "bob")),
        (.directoryServiceInviteUser, Encoding.field(1, "acme") + Encoding.field(2, "eve")),
        (.adminServiceBackup, Encoding.field(1, "/nonexistent")), (.adminServiceReloadPolicy, []),
        (.adminServiceAcceptClock, []),
      ] {
        let call = WireCall(
          service: method.descriptor.service, method: method.descriptor.name, payload: payload)
        let code = try code(call, method)
        #expect(code == 16 || code == 7, "\(method.descriptor.name): \(code)")
      }
      let administrator = world.secret(of: .administrator)
      let export = Self.call(.directoryServiceExport, bearer: administrator)
      #expect(try code(export, .directoryServiceExport) == 0)
      let validate = WireCall(payload: Encoding.field(1, administrator))
      #expect(try code(validate, .tokenServiceValidateToken) == 0)
    }
  }
}
