internal import RPC
internal import Services

/// A way in which a secret comes into the daemon, for tests: a call, and whether it must succeed.
struct SecretUse: Sendable {
  let name: String
  let method: Method
  /// The status that the call has to end with.
  let code: Int32
  let call: @Sendable (String) -> WireCall

  init(
    _ name: String, _ method: Method, code: Int32 = 0,
    _ call: @escaping @Sendable (String) -> WireCall
  ) {
    self.name = name
    self.method = method
    self.code = code
    self.call = call
  }

  private static func call(
    _ method: Method, _ payload: [UInt8], bearer: String? = nil, timeout: Int64? = nil
  ) -> WireCall {
    WireCall(
      service: method.descriptor.service, method: method.descriptor.name, payload: payload,
      bearer: bearer, timeout: timeout)
  }

  private static let acme = Encoding.field(1, "acme")
  private static let dashboard =
    Encoding.field(2, "dashboard.update")
    + Encoding.field(3, Encoding.field(1, "dashboard") + Encoding.field(2, "one"))

  /// Each with an active token of alice, who is an administrator of `acme`.
  static let all: [SecretUse] = queries + proxied + commands + streams + refused

  private static let queries: [SecretUse] = [
    SecretUse("validated", .tokenServiceValidateToken) {
      call(.tokenServiceValidateToken, Encoding.field(1, $0))
    },
    SecretUse("checked", .permissionServiceCheck) {
      call(.permissionServiceCheck, Encoding.field(1, $0) + dashboard)
    },
    SecretUse("explained", .permissionServiceExplain) {
      call(.permissionServiceExplain, Encoding.field(1, $0) + dashboard)
    },
    SecretUse("asked for its actions", .permissionServiceListActions) {
      call(
        .permissionServiceListActions,
        Encoding.field(1, $0) + Encoding.field(2, Encoding.field(1, "dashboard")))
    },
    SecretUse("checked in a batch", .permissionServiceBatchCheck) {
      let resource = Encoding.field(1, "dashboard") + Encoding.field(2, "one")
      let item =
        Encoding.field(1, "dashboard.update") + Encoding.field(2, resource) + Encoding.field(4, $0)
      return call(.permissionServiceBatchCheck, Encoding.field(3, item) + Encoding.field(3, item))
    },
    SecretUse("the bearer of a query", .tokenServiceListTokens) {
      call(.tokenServiceListTokens, acme, bearer: $0)
    },
  ]

  /// Whatever is decided, the call succeeds.
  private static let proxied: [SecretUse] = [
    proxied("as authorization") { AuthorizationQuestion(headers: [authorization($0)]) },
    proxied("as a raw authorization") { AuthorizationQuestion(rawHeaders: [authorization($0)]) },
    proxied("as x-sf-token") { AuthorizationQuestion(headers: [("x-sf-token", $0)]) },
    proxied("as a raw x-sf-token") { AuthorizationQuestion(rawHeaders: [("x-sf-token", $0)]) },
    proxied("twice") {
      AuthorizationQuestion(headers: [authorization($0)], rawHeaders: [("x-sf-token", $0)])
    },
    proxied("as two different ones") {
      AuthorizationQuestion(rawHeaders: [authorization($0), ("x-sf-token", "\($0)0")])
    },
    proxied("by another scheme") {
      AuthorizationQuestion(headers: [("authorization", "Basic \($0)")])
    },
    proxied("beside a forbidden header") {
      AuthorizationQuestion(headers: [authorization($0), ("x-http-method-override", "DELETE")])
    },
    proxied("in the path and a cookie") {
      AuthorizationQuestion(path: "/v2/dashboard?token=\($0)", headers: [("cookie", "token=\($0)")])
    },
    SecretUse("proxied too late", .envoyServiceAuthV3AuthorizationCheck, code: 4) {
      let question = AuthorizationQuestion(headers: [authorization($0)])
      return call(.envoyServiceAuthV3AuthorizationCheck, question.payload, timeout: 1)
    },
    SecretUse("proxied and cut short", .envoyServiceAuthV3AuthorizationCheck, code: 3) {
      let question = AuthorizationQuestion(headers: [authorization($0)])
      return call(.envoyServiceAuthV3AuthorizationCheck, question.payload + [0x0a, 0x7f])
    },
  ]

  private static func authorization(_ secret: String) -> (String, String) {
    ("authorization", "Bearer \(secret)")
  }

  private static func proxied(
    _ name: String, _ question: @escaping @Sendable (String) -> AuthorizationQuestion
  ) -> SecretUse {
    SecretUse("proxied \(name)", .envoyServiceAuthV3AuthorizationCheck) {
      call(.envoyServiceAuthV3AuthorizationCheck, question($0).payload)
    }
  }

  private static let commands: [SecretUse] = [
    SecretUse("the bearer of a command", .directoryServicePutResource) {
      let payload = acme + Encoding.field(2, "dashboard") + Encoding.field(3, "two")
      return call(.directoryServicePutResource, payload, bearer: $0)
    },
    SecretUse("revoked", .tokenServiceRevokeToken) {
      call(.tokenServiceRevokeToken, Encoding.field(1, $0))
    },
    SecretUse("the bearer of a task", .auditServiceVerifyLog, code: 7) {
      call(.auditServiceVerifyLog, [], bearer: $0)
    },
  ]

  private static let streams: [SecretUse] = [
    SecretUse("the bearer of Export", .directoryServiceExport) {
      call(.directoryServiceExport, acme, bearer: $0)
    },
    SecretUse("the field of Export", .directoryServiceExport) {
      call(.directoryServiceExport, acme + Encoding.field(14, $0))
    },
    SecretUse("the field of ListEvents", .auditServiceListEvents) {
      call(.auditServiceListEvents, acme + Encoding.field(14, $0))
    },
    SecretUse("the field of Import", .directoryServiceImport, code: 7) {
      call(
        .directoryServiceImport,
        Encoding.field(1, Encoding.field(1, Encoding.field(1, "acme"))) + Encoding.field(14, $0))
    },
    SecretUse("the field of RevokeTokens", .tokenServiceRevokeTokens) {
      let user = Encoding.field(2, "carol")
      return call(.tokenServiceRevokeTokens, acme + user + Encoding.field(14, $0))
    },
  ]

  private static let refused: [SecretUse] = [
    SecretUse("beside what can't be decoded", .tokenServiceValidateToken, code: 3) {
      call(.tokenServiceValidateToken, Encoding.field(1, $0) + [0x0a, 0x7f])
    },
    SecretUse("in a command that can't be decoded", .tokenServiceRevokeToken, code: 3) {
      call(.tokenServiceRevokeToken, Encoding.field(1, $0) + [0x0a, 0x7f])
    },
    SecretUse("a malformed bearer", .tokenServiceListTokens, code: 16) {
      call(.tokenServiceListTokens, acme, bearer: "\($0) \($0)")
    },
    SecretUse("too late", .tokenServiceRevokeToken, code: 4) {
      call(.tokenServiceRevokeToken, Encoding.field(1, $0), timeout: 1)
    },
    SecretUse("beside too much", .tokenServiceValidateToken, code: 8) {
      let surplus = [UInt8](repeating: 1, count: 300 << 10)
      return call(.tokenServiceValidateToken, Encoding.field(1, $0) + Encoding.field(9, surplus))
    },
    SecretUse("in metadata that is too long", .tokenServiceValidateToken, code: 8) {
      var call = call(.tokenServiceValidateToken, [], bearer: $0)
      call.metadata = [("x-surplus", String(repeating: "x", count: 9 << 10))]
      return call
    },
    SecretUse("for an unknown method", .tokenServiceValidateToken, code: 12) {
      var call = call(.tokenServiceValidateToken, Encoding.field(1, $0), bearer: $0)
      call.method = "ForgetToken"
      return call
    },
  ]
}
