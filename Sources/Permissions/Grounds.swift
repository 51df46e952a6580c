/// The relations that allowed together, mostly one. What they are called, the policy that decided
/// says: `Policy.name(of:)`.
package struct Grounds: Sendable, Hashable {
  let rule: UInt32
  let relations: Relations
}
