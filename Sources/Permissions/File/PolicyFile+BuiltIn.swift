extension PolicyFile {
  /// The built-in policy as the text of a policy file, with every action, route and setting. Read
  /// as the base of a policy, it decides what the version decides that has written it.
  package static let builtInText: String = {
    let actions = Policy.builtInActions.filter { $0.name != PolicyFileReader.fixedAction }.map(line)
    return """
      {
        actions: {
      \(actions.joined(separator: "\n"))
        },
        routes: {
      \(Policy.builtInRoutes.map(line).joined(separator: "\n"))
        },
        token_header: \(quoted(Policy.builtInTokenHeader)),
        cors_preflight: "denied",
        issued_tokens: { end_with_issuer: false },
      }

      """
  }()

  private static func line(_ action: ActionRule) -> String {
    let alternatives = action.anyOf.map { names in
      names.count == 1 ? quoted(names[0]) : "{ all: [\(list(names))] }"
    }
    return "    \(quoted(action.name)): { any: [\(alternatives.joined(separator: ", "))] },"
  }

  private static func line(_ route: RouteRule) -> String {
    let value: String
    switch route.access {
    case .open: value = quoted("open")
    case .authenticated: value = quoted("authenticated")
    case .denied: value = quoted("denied")
    case .action(let action):
      let fields = [
        ("action", action), ("resource", route.resource), ("user", route.user),
        ("organization", route.organization),
      ]
      let texts = fields.compactMap { key, text in text.map { "\(key): \(quoted($0))" } }
      value = "{ \(texts.joined(separator: ", ")) }"
    }
    return "    \(quoted("\(route.method) \(route.template)")): \(value),"
  }

  private static func list(_ names: [String]) -> String {
    names.map(quoted).joined(separator: ", ")
  }

  /// No name or path of a policy has a character that would need more.
  private static func quoted(_ text: String) -> String { "\"\(text)\"" }
}
