internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // Open to every process that can connect, as `PermissionService.Check` is: the token in the
  // request is the subject, whoever asks.
  //
  // Hazard: an answer without a status lets the request through, and so does an error of the call
  // where Envoy is set to `failure_mode_allow`. So a status is always set, and a deny is an answer.
  func check(
    _ request: EnvoyServiceAuthV3.CheckRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Status) {
    do throws(Denial) {
      try authorize(request, snapshot, response)
    } catch {
      response.makeStatus().set(error)
      response.makeDeniedResponse().set(error)
    }
  }

  private func authorize(
    _ request: EnvoyServiceAuthV3.CheckRequest, _ snapshot: borrowing Snapshot,
    _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    guard let attributes = request.attributes, let http = attributes.request?.http else {
      throw .forbidden("there is no HTTP request to decide on")
    }
    let extensions = try ContextExtensions(attributes)
    let tokenHeader = policy.tokenHeader
    let headers = try RequestHeaders(
      http, tokenHeader: tokenHeader.utf8Span.span, trusted: trustedHeaders)
    let removes = extensions.removesToken ?? removesToken
    if !extensions.action.isEmpty {
      guard let action = policy.action(named: extensions.action) else {
        throw .forbidden("the proxy is not set up well: the policy has no such action")
      }
      try requireMeaning(extensions, action, extensions.action)
      // A browser asks ahead without a token; what it asks for is decided when it comes.
      if policy.opensPreflights, isOptions(http), !headers.preflightMethod.isEmpty {
        return letThrough(headers, removes, snapshot, response)
      }
      let question = question(of: extensions, action, extensions.action)
      return try answer(question, headers, removes, snapshot, response)
    }
    guard let match = try route(http.method, http.path) else {
      guard policy.opensPreflights, isOptions(http), !headers.preflightMethod.isEmpty,
        let asked = try route(headers.preflightMethod, http.path)
      else { throw .forbidden("no route of the policy matches the method and the path") }
      try requireMeaning(extensions, asked, http.path)
      return letThrough(headers, removes, snapshot, response)
    }
    try requireMeaning(extensions, match, http.path)
    switch match.access {
    case .denied: throw .forbidden("the route is closed")
    case .open:
      letThrough(headers, removes, snapshot, response)
    case .authenticated:
      try answer(extensions.organizationID, headers, removes, snapshot, response)
    case .action(let name):
      // A mail address is often sent with `%40`.
      if let user = match.decodedUserID(in: http.path) {
        try answer(
          match, name, http.path, user: user.span, extensions, headers, removes, snapshot, response)
      } else {
        try answer(
          match, name, http.path, user: match.userID(in: http.path), extensions, headers, removes,
          snapshot, response)
      }
    }
  }

  private func route(
    _ method: Span<UInt8>, _ target: Span<UInt8>
  ) throws(Denial) -> RouteMatch? {
    switch policy.routes.lookup(method: method, target: target) {
    case .found(let match): return match
    case .none: return nil
    case .refused(let problem): throw .forbidden(problem.message)
    }
  }

  private func isOptions(
    _ request: EnvoyServiceAuthV3.AttributeContext.HttpRequest
  ) -> Bool { request.method.isEqual(to: "OPTIONS") }

  private func answer(
    _ match: RouteMatch, _ name: String, _ path: Span<UInt8>, user: Span<UInt8>,
    _ extensions: ContextExtensions, _ headers: RequestHeaders, _ removesToken: Bool,
    _ snapshot: borrowing Snapshot, _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    let bytes = name.utf8Span.span
    guard let action = policy.action(named: bytes) else {
      throw .forbidden("the policy has no such action")
    }
    let id = match.resourceID(in: path)
    let organization = match.organizationID(in: path)
    let question = Question(
      action, bytes, resourceType: extensions.resourceType,
      resourceID: extensions.resourceID.isEmpty ? id : extensions.resourceID,
      organizationID: extensions.organizationID.isEmpty ? organization : extensions.organizationID,
      targetUserID: extensions.targetUserID.isEmpty ? user : extensions.targetUserID)
    try answer(question, headers, removesToken, snapshot, response)
  }

  /// Answers whether the bearer of the request's token may do an action.
  private func answer(
    _ question: Question, _ headers: RequestHeaders, _ removesToken: Bool,
    _ snapshot: borrowing Snapshot, _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    let name = policy.name(of: question.action)
    try requireSense(question)
    let text = try headers.token(for: name)
    guard let token = activeToken(text, snapshot), let kind = token.kind else {
      throw .unauthenticated(name, "the token is not active")
    }
    let subject = Subject(token, kind)
    let decision = decision(on: question, by: subject, in: snapshot)
    snapshot.noteUse(token, isDenied: !decision.isAllowed)
    guard decision.isAllowed else {
      throw .forbidden(
        decision.sentence(action: question.action, policy: policy), action: name,
        rule: decision.rule(policy))
    }
    letThrough(subject, TokenSecret.idText(of: text), headers, removesToken, snapshot, response)
  }

  /// Answers where any user's token will do, and an org token that is for the API; with an
  /// organization, one of its own.
  private func answer(
    _ organization: Span<UInt8>, _ headers: RequestHeaders, _ removesToken: Bool,
    _ snapshot: borrowing Snapshot,
    _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    let text = try headers.token(for: "")
    guard let token = activeToken(text, snapshot), let kind = token.kind else {
      throw .unauthenticated("", "the token is not active")
    }
    let mayRead =
      switch kind {
      case .user: user(of: Subject(token, kind), in: snapshot) != nil
      case .organization: token.scopes.contains(.api)
      }
    let isOfOrganization =
      organization.isEmpty || organization.isEqual(to: token.organizationID.bytes)
    snapshot.noteUse(token, isDenied: !mayRead || !isOfOrganization)
    guard isOfOrganization else {
      throw .forbidden("this is for tokens of another organization")
    }
    guard mayRead else {
      throw .forbidden(
        "this is for users of an organization, and org tokens with the scope `api`",
        rule: "member, scope:api")
    }
    letThrough(
      Subject(token, kind), TokenSecret.idText(of: text), headers, removesToken, snapshot,
      response)
  }

  private func letThrough(
    _ subject: Subject, _ tokenID: Span<UInt8>, _ headers: RequestHeaders, _ removesToken: Bool,
    _ snapshot: borrowing Snapshot, _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) {
    response.makeStatus().setCode(0)
    let ok = response.makeOkResponse()
    ok.setRequestHeader(IdentityHeader.userID, UserID.bytes(of: subject.userID))
    ok.setRequestHeader(
      IdentityHeader.organizationID, OrganizationID.bytes(of: subject.organizationID))
    ok.setRequestHeader(IdentityHeader.tokenID, tokenID)
    let revision = "\(snapshot.revision)"
    ok.setRequestHeader(IdentityHeader.revision, revision.utf8Span.span)
    if removesToken {
      // Another scheme's credential is not ours to take out, where no token was asked of it.
      if headers.mayAuthorizationCarryToken { ok.addHeadersToRemove("authorization") }
      if headers.isNamedGiven { ok.addHeadersToRemove(policy.tokenHeader) }
    }
  }

  /// Lets a request through that no token was asked of: it stands for nobody.
  private func letThrough(
    _ headers: RequestHeaders, _ removesToken: Bool, _ snapshot: borrowing Snapshot,
    _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) {
    let nobody = Subject(
      kind: .user, role: .client, organizationID: nil, userID: nil, scopes: [])
    letThrough(nobody, Span(), headers, removesToken, snapshot, response)
  }
}
