internal import Messages
internal import PosternClient

/// `postern team ...`.
enum TeamCommands {
  static let all = [create, get, list, members, update, delete, addMember, removeMember]

  static let id = Operand(name: "TEAM", summary: "The team's id.")
  private static let member = Operand(name: "USER", summary: "The user's id.")

  private static let create = Command(
    words: ["team", "create"], summary: "Creates a team without members.", operands: [id],
    required: [.organization], optional: [.name],
    examples: ["postern team create oncall --org acme"], run: runCreate)

  private static let update = Command(
    words: ["team", "update"], summary: "Gives a team another display name.", operands: [id],
    required: [.organization, .name],
    examples: ["postern team update oncall --org acme --name On-call"], run: runUpdate)

  private static let delete = Command(
    words: ["team", "delete"], summary: "Deletes a team, also as a writer of resources.",
    operands: [id], required: [.organization],
    details: ["Deleting a team that isn't there succeeds."],
    examples: ["postern team delete oncall --org acme"],
    run: runDelete)

  private static let addMember = Command(
    words: ["team", "add-member"], summary: "Adds a user to a team.", operands: [id, member],
    required: [.organization], examples: ["postern team add-member oncall bob --org acme"],
    run: runAddMember)

  private static let removeMember = Command(
    words: ["team", "remove-member"], summary: "Removes a user from a team.",
    operands: [id, member], required: [.organization],
    details: [
      "For administrators, and for a user itself. Removing a user that is no member succeeds."
    ],
    examples: ["postern team remove-member oncall bob --org acme"],
    run: runRemoveMember)

  private static func runCreate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.createTeam { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setTeamID(invocation.operand(0))
        if let name = invocation.optional(.name) { request.setDisplayName(name) }
      }
    }
    try invocation.answer(reply.message) {
      "created team `\(invocation.operand(0))` (revision \($0.revision))"
    }
    return .success
  }

  private static func runUpdate(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.updateTeam { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setTeamID(invocation.operand(0))
        request.makeUpdateMask().add(["display_name"])
        request.setDisplayName(invocation.value(.name))
      }
    }
    try invocation.answer(reply.message) {
      "updated team `\(invocation.operand(0))` (revision \($0.revision))"
    }
    return .success
  }

  private static func runDelete(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.deleteTeam { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setTeamID(invocation.operand(0))
      }
    }
    try invocation.answer(reply.message) {
      "there is no team `\(invocation.operand(0))` any more (revision \($0.revision))"
    }
    return .success
  }

  private static func runAddMember(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.addTeamMember { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setTeamID(invocation.operand(0))
        request.setUserID(invocation.operand(1))
      }
    }
    try invocation.answer(reply.message) {
      "`\(invocation.operand(1))` is in team `\(invocation.operand(0))` (revision \($0.revision))"
    }
    return .success
  }

  private static func runRemoveMember(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let reply = try invocation.ask { (client) throws(ClientError) in
      try client.removeTeamMember { request in
        request.setOrganizationID(invocation.value(.organization))
        request.setTeamID(invocation.operand(0))
        request.setUserID(invocation.operand(1))
      }
    }
    try invocation.answer(reply.message) {
      "`\(invocation.operand(1))` is not in team `\(invocation.operand(0))`"
        + " (revision \($0.revision))"
    }
    return .success
  }
}
