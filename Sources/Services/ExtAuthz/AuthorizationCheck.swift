internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // Open to every process that can connect, as `PermissionService.Check` is: the token in the
  // request is the subject, whichever process asks.
  //
  // Hazard: an answer without a status lets the request through, and so does an error of the call
  // where Envoy is set to `failure_mode_allow`. So a status is always set, and a deny is an answer.
  func check(
    _ request: EnvoyServiceAuthV3.CheckRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Status) {
    do throws(Denial) {
      try authorizeRequest(request, from: snapshot, into: response)
    } catch {
      response.makeStatus().set(error)
      response.makeDeniedResponse().set(error)
    }
  }

  private func authorizeRequest(
    _ request: EnvoyServiceAuthV3.CheckRequest, from snapshot: borrowing Snapshot,
    into response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    guard let attributes = request.attributes, let http = attributes.request?.http else {
      throw .forbidden("the check has no HTTP request")
    }
    let extensions = try ContextExtensions(attributes)
    let tokenHeader = policy.tokenHeader
    let headers = try RequestHeaders(
      http, tokenHeader: tokenHeader.utf8Span.span, trusted: trustedHeaders)
    let removesToken = extensions.removesToken ?? self.removesToken
    if !extensions.action.isEmpty {
      guard let action = policy.action(named: extensions.action) else {
        throw .forbidden("the proxy's configuration is wrong: the policy has no such action")
      }
      try requireMeaning(of: extensions, for: action, named: extensions.action)
      // A browser's preflight has no token; the request that follows it is decided when it comes.
      if policy.opensPreflights, isOptions(http), !headers.preflightMethod.isEmpty {
        return letAnonymousThrough(
          headers, removesToken: removesToken, from: snapshot, into: response)
      }
      let question = question(of: extensions, for: action, named: extensions.action)
      return try answerQuestion(
        question, headers, removesToken: removesToken, from: snapshot, into: response)
    }
    guard let match = try route(http.method, http.path) else {
      guard policy.opensPreflights, isOptions(http), !headers.preflightMethod.isEmpty,
        let asked = try route(headers.preflightMethod, http.path)
      else { throw .forbidden("no route of the policy matches the method and the path") }
      try requireMeaning(of: extensions, on: asked, path: http.path)
      return letAnonymousThrough(
        headers, removesToken: removesToken, from: snapshot, into: response)
    }
    try requireMeaning(of: extensions, on: match, path: http.path)
    switch match.access {
    case .denied: throw .forbidden("the route is closed")
    case .open:
      letAnonymousThrough(headers, removesToken: removesToken, from: snapshot, into: response)
    case .authenticated:
      try answerAuthenticated(
        in: extensions.organizationID, headers, removesToken: removesToken, from: snapshot,
        into: response)
    case .action(let name):
      // A mail address is often sent with `%40`.
      if let user = match.decodedUserID(in: http.path) {
        let question = try question(
          of: match, action: name, path: http.path, user: user.span, extensions)
        try answerQuestion(
          question, headers, removesToken: removesToken, from: snapshot, into: response)
      } else {
        let question = try question(
          of: match, action: name, path: http.path, user: match.userID(in: http.path), extensions)
        try answerQuestion(
          question, headers, removesToken: removesToken, from: snapshot, into: response)
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

  /// The question of a request whose route needs an action. Values of the extensions override those
  /// of the path.
  @_lifetime(copy path, copy user, copy extensions, borrow name)
  private func question(
    of match: RouteMatch, action name: borrowing String, path: Span<UInt8>, user: Span<UInt8>,
    _ extensions: ContextExtensions
  ) throws(Denial) -> Question {
    let bytes = name.utf8Span.span
    guard let action = policy.action(named: bytes) else {
      throw .forbidden("the policy has no such action")
    }
    let id = match.resourceID(in: path)
    let organization = match.organizationID(in: path)
    return Question(
      action, bytes, resourceType: extensions.resourceType,
      resourceID: extensions.resourceID.isEmpty ? id : extensions.resourceID,
      organizationID: extensions.organizationID.isEmpty ? organization : extensions.organizationID,
      targetUserID: extensions.targetUserID.isEmpty ? user : extensions.targetUserID)
  }

  /// Answers whether the bearer of the request's token may do an action.
  private func answerQuestion(
    _ question: Question, _ headers: RequestHeaders, removesToken: Bool,
    from snapshot: borrowing Snapshot, into response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    let name = policy.name(of: question.action)
    try requireSense(question)
    let text = try headers.token(for: name)
    guard let token = activeToken(text, in: snapshot), let kind = token.kind else {
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
    letThrough(
      subject, tokenID: TokenSecret.idText(of: text), headers, removesToken: removesToken,
      from: snapshot, into: response)
  }

  /// Answers a request whose route accepts any user's token, and an org token that is for the API.
  /// If an organization is given, the token must be one of its own.
  private func answerAuthenticated(
    in organization: Span<UInt8>, _ headers: RequestHeaders, removesToken: Bool,
    from snapshot: borrowing Snapshot, into response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Denial) {
    let text = try headers.token(for: "")
    guard let token = activeToken(text, in: snapshot), let kind = token.kind else {
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
      Subject(token, kind), tokenID: TokenSecret.idText(of: text), headers,
      removesToken: removesToken, from: snapshot, into: response)
  }

  private func letThrough(
    _ subject: Subject, tokenID: Span<UInt8>, _ headers: RequestHeaders, removesToken: Bool,
    from snapshot: borrowing Snapshot, into response: EnvoyServiceAuthV3.CheckResponse.Builder
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
      // Another scheme's credential stays where the route asked for no token.
      if headers.mayAuthorizationCarryToken { ok.addHeadersToRemove("authorization") }
      if headers.isNamedGiven { ok.addHeadersToRemove(policy.tokenHeader) }
    }
  }

  /// Lets a request through whose route asks for no token, without an identity.
  private func letAnonymousThrough(
    _ headers: RequestHeaders, removesToken: Bool, from snapshot: borrowing Snapshot,
    into response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) {
    let anonymous = Subject(
      kind: .user, role: .client, organizationID: nil, userID: nil, scopes: [])
    letThrough(
      anonymous, tokenID: Span(), headers, removesToken: removesToken, from: snapshot,
      into: response)
  }
}
