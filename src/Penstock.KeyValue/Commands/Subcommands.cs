namespace Penstock.KeyValue.Commands;

/// <summary>What the commands with subcommands have in common.</summary>
internal static class Subcommands
{
    /// <summary>HELP, which the error about an unknown subcommand points to.</summary>
    public static Command Help(string name) =>
        new("help", 2, (ref call) => Describe(ref call, name), CommandFlags.None);

    /// <summary>For a command that cannot be called without its second word: its arity sees to that.</summary>
    public static void Unreachable(ref Invocation call) =>
        throw new InvalidOperationException($"{call.Command.FullName} was called without a subcommand.");

    private static void Describe(ref Invocation call, string name)
    {
        IReadOnlyList<Command> children = call.Command.Parent!.Children;
        call.Reply.Array(children.Count + 2);
        call.Reply.Simple($"{name.ToUpperInvariant()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        foreach (Command child in children)
            call.Reply.Simple(child.Name.ToUpperInvariant());
        call.Reply.Simple("    Prints this help.");
    }
}
