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

  /// Reads the text of a policy file.
  package init(_ text: String) throws(PolicyFileError) {
    let root: JSON5Value
    do throws(JSON5Error) {
      root = try JSON5Reader.read(text, limits: JSON5Limits(depth: 8, values: 200_000))
    } catch {
      throw PolicyFileError([error])
    }
    var reader = PolicyFileReader()
    policy = try reader.read(root)
    warnings = reader.warnings
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
