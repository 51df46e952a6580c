package import JSON5

// A policy file: additions to the built-in policy, and replacements of parts of it.
//
//   {
//     resource_types: { report: { writers: true } },
//     roles: ["billing"],
//     actions: {
//       "report.export": { any: ["writer", { all: ["role:billing", "team:ops"] }] },
//     },
//     routes: { "GET /v2/report/{id}": { action: "report.export", resource: "id" } },
//     cors_preflight: "open",
//     organizations: { acme: { actions: { "report.export": { any: ["member"] } } } },
//     issued_tokens: { end_with_issuer: true },
//   }
//
// It is read strictly: anything unknown, impossible or without effect is an error with its place. A
// rule that differs from what its author meant is worse than no rule.

/// A policy file that has been read.
package struct PolicyFile: Sendable {
  package let policy: Policy
  /// Parts that are valid but probably not intended.
  package let warnings: [JSON5Error]

  /// The most bytes of a file.
  package static let maximumBytes = 1 << 20

  /// Reads the text of a policy file. It adds to the built-in policy, or to that of another
  /// version, given as `builtInText` was there.
  package init(_ text: String, base: String? = nil) throws(PolicyFileError) {
    var reader = PolicyFileReader()
    if let base { try reader.read(base: Self.root(of: base)) }
    policy = try reader.read(Self.root(of: text))
    warnings = reader.warnings
  }

  private static func root(of text: String) throws(PolicyFileError) -> JSON5Value {
    do throws(JSON5Error) {
      return try JSON5Reader.read(text, limits: JSON5Limits(depth: 8, values: 200_000))
    } catch {
      throw PolicyFileError([error])
    }
  }
}

/// Everything that is wrong with a policy file, in the order of the file.
package struct PolicyFileError: Error, Sendable, Hashable {
  /// At least one.
  package let problems: [JSON5Error]

  init(_ problems: [JSON5Error]) {
    precondition(!problems.isEmpty, "an error without a problem")
    self.problems = problems
  }
}
