internal import JSON5
internal import Messages
internal import Permissions

/// Any bytes as a policy file. An accepted policy keeps the rules that no policy may change; a
/// refusal gives the position.
enum PolicyFuzz {
  static func run(_ bytes: Span<UInt8>) {
    guard let text = String(validating: Array(copying: bytes), as: UTF8.self) else { return }
    do throws(PolicyFileError) {
      let file = try PolicyFile(text)
      for warning in file.warnings { precondition(!warning.problem.isEmpty) }
      check(file.policy)
    } catch {
      let lines = text.unicodeScalars.count { $0 == "\n" } + 1
      for problem in error.problems {
        precondition((1...lines).contains(problem.place.line), "a problem on no line")
        precondition(problem.place.column >= 1 && !problem.problem.isEmpty)
      }
    }
  }

  private static func check(_ policy: Policy) {
    let organizations = [""] + policy.organizationIDs.prefix(8)
    for position in 0..<policy.actionCount {
      let action = policy.action(at: position)
      let name = policy.name(of: action)
      precondition(policy.action(named: name.utf8Span.span) == action, "an action is lost")
      for organization in organizations {
        check(action, named: name, of: policy, in: organization)
      }
    }
  }

  private static func check(
    _ action: Action, named name: String, of policy: Policy, in organization: String
  ) {
    let alternatives = policy.alternatives(of: action, in: organization.utf8Span.span)
    precondition(!alternatives.isEmpty, "an action that no rule allows")
    if name == "datapoint.ingest" {
      precondition(alternatives == [[.ingestScope]], "data without an org token")
    }
    for subject in SubjectKind.allCases {
      for holdsAll in [false, true] {
        let decision = Evaluator.decide(
          action, policy: policy, organization: organization.utf8Span.span, subject: subject,
          isInOrganization: true
        ) { _ in holdsAll }
        precondition(holdsAll || !decision.isAllowed, "allowed without a relation")
        precondition(!decision.sentence(action: action, policy: policy).isEmpty)
      }
    }
  }
}
