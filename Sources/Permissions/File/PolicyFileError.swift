package import JSON5

/// Everything that is wrong with a policy file, in the order of the file.
package struct PolicyFileError: Error, Sendable, Hashable {
  /// At least one.
  package let problems: [JSON5Error]

  init(_ problems: [JSON5Error]) {
    precondition(!problems.isEmpty, "an error without a problem")
    self.problems = problems
  }
}
