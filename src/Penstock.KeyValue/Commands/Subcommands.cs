namespace Penstock.KeyValue.Commands;

/// <summary>What a command with subcommands says when the second word does not fit.</summary>
internal static class Subcommands
{
    /// <summary>
    /// Replies that the subcommand is unknown, or that one of the <paramref name="known"/> has other arguments.
    /// </summary>
    public static void Refuse(in Invocation call, params ReadOnlySpan<string> known)
    {
        string name = call.TextOf(1);
        if (known.Contains(name.ToLowerInvariant()))
            call.Reply.Error(ErrorTexts.WrongArity, $"{call.Command.Name}|{name.ToLowerInvariant()}");
        else
            call.Reply.Error($"ERR unknown subcommand '{name}'. Try {call.Command.Name.ToUpperInvariant()} HELP.");
    }
}
