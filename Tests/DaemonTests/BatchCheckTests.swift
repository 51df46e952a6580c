internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Many questions at one revision, and the list of what a subject may do.
@Suite struct BatchCheckTests {
  private static let service = "postern.v1.PermissionService"

  private struct Answer: Equatable {
    var allowed: [Bool] = []
    var users: [String] = []
    var revision: UInt64 = 0
  }

  private func ask(
    _ client: PosternClient, _ fill: (PosternV1.BatchCheckRequest.Builder) -> Void
  ) throws(ClientError) -> Answer {
    let reply = try client.batchCheck(fill)
    var answer = Answer(revision: reply.message.revision)
    for index in 0..<reply.message.resultsCount {
      answer.allowed.append(reply.message.results(at: index).allowed)
      answer.users.append(String(reply.message.results(at: index).userID))
    }
    return answer
  }

  @Test func decidesAsChecksDo() throws {
    let world = try World()
    let client = try world.daemon.client()
    let subjects = PermissionMatrixTests.Subject.allCases.map { world.secret(of: $0) }
    for action in ["dashboard.update", "dashboard.create", "datapoint.ingest"] {
      let answer = try ask(client) { request in
        for secret in subjects {
          Self.fill(request.addItems(), action, "one", token: secret)
        }
      }
      let expected = try subjects.map { secret in
        try client.check(token: secret, action, id: "one").isAllowed
      }
      #expect(answer.allowed == expected, "\(action)")
      #expect(try answer.revision == client.revision())
    }
  }

  @Test func takesTheSubjectOfTheBatchOrOfTheItem() throws {
    let world = try World()
    let client = try world.daemon.client()
    let answer = try ask(client) { request in
      request.setTokenSecret(world.secret(of: .writer))
      Self.fill(request.addItems(), "dashboard.update", "one")
      Self.fill(request.addItems(), "dashboard.update", "one", token: world.secret(of: .user))
      Self.fill(request.addItems(), "dashboard.update", "one", user: "alice")
      Self.fill(request.addItems(), "dashboard.update", "one", user: "nobody")
    }
    #expect(answer.allowed == [true, false, true, false])
    #expect(answer.users == ["carol", "bob", "alice", ""])
  }

  @Test(arguments: [
    (PosternV1.BatchCheckEvaluation.unspecified, [true, true, false, true, false]),
    (.all, [true, true, false, true, false]), (.stopAtFirstDeny, [true, true, false]),
    (.stopAtFirstPermit, [true]),
  ])
  func stopsWhereItIsTold(_ evaluation: PosternV1.BatchCheckEvaluation, _ expected: [Bool]) throws {
    let world = try World()
    let answer = try ask(world.daemon.client()) { request in
      request.setEvaluation(evaluation)
      request.setTokenSecret(world.secret(of: .writer))
      for id in ["one", "one", "another", "one", "another"] {
        Self.fill(request.addItems(), "dashboard.update", id)
      }
    }
    #expect(answer.allowed == expected)
  }

  @Test func takesOneToAThousandItems() throws {
    let world = try World()
    let client = try world.daemon.client()
    for count in [0, 1, 1000, 1001] {
      let refusal = failure { () throws(ClientError) in
        let answer = try ask(client) { request in
          request.setTokenSecret(world.secret(of: .teamWriter))
          for _ in 0..<count { Self.fill(request.addItems(), "dashboard.update", "one") }
        }
        #expect(answer.allowed == [Bool](repeating: true, count: count))
      }
      #expect((refusal == nil) == (1...1000).contains(count), "\(count): \(refusal as Any)")
      if let refusal { #expect(refusal.field == "items") }
    }
  }

  /// A refusal names the item and the field, also behind good items.
  @Test func namesTheItem() throws {
    let world = try World()
    let client = try world.daemon.client()
    let cases: [(String, (PosternV1.BatchCheckItem.Builder) -> Void)] = [
      ("items[3].action", { $0.setAction("dashboard.paint") }), ("items[3].action", { _ in }),
      ("items[3].resource.id", { Self.fill($0, "dashboard.update", "a b") }),
      (
        "items[3].target_user_id",
        {
          $0.setAction("dashboard.create")
          $0.setTargetUserID("a b")
        }
      ),
      ("items[3].user.user_id", { Self.fill($0, "dashboard.update", "one", user: "a b") }),
      (
        "items[3].token_secret",
        { Self.fill($0, "dashboard.update", "one", token: "x", user: "bob") }
      ),
    ]
    for (field, fill) in cases {
      let refusal = failure { () throws(ClientError) in
        try ask(client) { request in
          request.setEvaluation(.stopAtFirstPermit)
          request.setTokenSecret(world.secret(of: .administrator))
          // The subject of an item behind the end is never looked up.
          let stops =
            field.hasPrefix("items[3].action") || field.hasPrefix("items[3].res")
            || field.hasPrefix("items[3].target")
          if !stops { request.setEvaluation(.all) }
          for _ in 0..<3 { Self.fill(request.addItems(), "dashboard.update", "one") }
          fill(request.addItems())
        }
      }
      #expect(refusal?.statusName == "INVALID_ARGUMENT")
      #expect(refusal?.field == field)
      let mentioned = field.hasSuffix("token_secret") ? "`items[3].token_secret`" : "`\(field)`"
      #expect(refusal?.sentence.contains(mentioned) == true, "\(refusal as Any)")
    }
    let both = failure { () throws(ClientError) in
      try ask(client) { request in
        request.setTokenSecret("x")
        Self.fill(request.addItems(), "dashboard.update", "one")
        Self.name(request.makeUser(), "bob")
      }
    }
    #expect(both?.field == "token_secret")
    let unknown = failure { () throws(ClientError) in
      try client.call(
        service: Self.service, method: "BatchCheck",
        payload: (Encoding.field(3, Encoding.field(1, "dashboard.create"))
          + Encoding.field(4, integer: 9)).span)
    }
    #expect(unknown?.field == "evaluation")
  }

  /// Only callers that may know a user's rights may ask about the user without its token.
  @Test func refusesOutsidersQuestionsAboutUsers() throws {
    let world = try World()
    let client = try world.daemon.client(bearer: world.secret(of: .user))
    #expect(try client.check(user: ("acme", "bob"), "dashboard.create").isAllowed)
    let batch = failure { () throws(ClientError) in
      try ask(client) { request in
        Self.fill(request.addItems(), "dashboard.create", "one", user: "bob")
        Self.fill(request.addItems(), "dashboard.create", "one", user: "alice")
      }
    }
    #expect(batch?.statusName == "PERMISSION_DENIED")
    #expect(batch?.sentence.hasPrefix("`items[1]`: ") == true)
    let explanation = failure { () throws(ClientError) in
      _ = try client.explain { request in
        request.setAction("dashboard.create")
        Self.name(request.makeUser(), "alice")
      }
    }
    #expect(explanation?.statusName == "PERMISSION_DENIED")
    let list = failure { () throws(ClientError) in
      _ = try client.listActions { request in
        request.makeResource().setType("dashboard")
        Self.name(request.makeUser(), "alice")
      }
    }
    #expect(list?.statusName == "PERMISSION_DENIED")
  }

  @Test func listsWhatChecksAllow() throws {
    let world = try World()
    let client = try world.daemon.client()
    let actions = ["create", "delete", "remove_writer", "set_writer", "update"]
    for subject in PermissionMatrixTests.Subject.allCases {
      for id in [nil, "one", "another"] {
        let reply = try client.listActions { request in
          request.setTokenSecret(world.secret(of: subject))
          Self.fill(request.makeResource(), "dashboard", id)
        }
        var listed: [String] = []
        for index in 0..<reply.message.actionsCount {
          let action = reply.message.actions(at: index)
          listed.append("\(String(action.action)) \(String(action.rule))")
        }
        let expected = try actions.compactMap { verb -> String? in
          let answer = try client.check(
            token: world.secret(of: subject), "dashboard.\(verb)", id: id)
          return answer.isAllowed ? "dashboard.\(verb) \(answer.rule)" : nil
        }
        #expect(listed == expected, "\(subject) \(id ?? "")")
      }
    }
    for (type, field) in [("", "resource.type"), ("dash", "resource.type")] {
      let refusal = failure { () throws(ClientError) in
        _ = try client.listActions { request in Self.fill(request.makeResource(), type, "one") }
      }
      #expect(refusal?.field == field)
    }
  }

  @Test func explainsByWhichTeam() throws {
    let world = try World()
    let client = try world.daemon.client()
    let allow = try client.explain { request in
      request.setAction("dashboard.update")
      Self.name(request.makeUser(), "dave")
      Self.fill(request.makeResource(), "dashboard", "one")
    }
    let isAllowed = allow.message.allowed
    #expect(isAllowed)
    var relations: [String] = []
    for index in 0..<allow.message.relationsCount {
      let relation = allow.message.relations(at: index)
      relations.append(
        "\(String(relation.relation)) \(relation.holds) \(String(relation.message))")
    }
    #expect(relations.last == "writer true the user is a writer by the team `writers`")
    var messages: [String] = []
    for index in 0..<allow.message.revocationsCount {
      messages.append(String(allow.message.revocations(at: index).message))
    }
    #expect(
      messages == [
        "remove `dave` from the team `writers`",
        "remove the team `writers` from the writers of `dashboard/one`", "delete the user `dave`",
      ])
    let other = try client.explain { request in
      request.setAction("dashboard.update")
      request.setTokenSecret(world.secret(of: .stranger))
      Self.set(request.makeResource(), "one", "acme")
    }
    let (reason, parts) = (
      other.message.reason, other.message.relationsCount + other.message.grantsCount
    )
    #expect(reason == .otherOrganization)
    #expect(parts == 0)
  }

  // Functions of their own: the compiler (6.3.1) makes broken code of a builder that is kept in a
  // variable inside a branch.
  private static func fill(
    _ item: PosternV1.BatchCheckItem.Builder, _ action: String, _ id: String, token: String = "",
    user: String = ""
  ) {
    item.setAction(action)
    if !token.isEmpty { item.setTokenSecret(token) }
    if action.hasPrefix("dashboard.") { fill(item.makeResource(), "dashboard", id) }
    if !user.isEmpty { name(item.makeUser(), user) }
  }

  private static func fill(
    _ resource: PosternV1.ResourceReference.Builder, _ type: String, _ id: String?
  ) {
    resource.setType(type)
    if let id { resource.setID(id) }
  }

  private static func set(
    _ resource: PosternV1.ResourceReference.Builder, _ id: String, _ organization: String
  ) {
    resource.setID(id)
    resource.setOrganizationID(organization)
  }

  private static func name(_ reference: PosternV1.UserReference.Builder, _ user: String) {
    reference.setOrganizationID("acme")
    reference.setUserID(user)
  }
}
