using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>COMMAND: what there is to call.</summary>
internal static class CatalogCommands
{
    private static readonly (CommandFlags Flag, string Name)[] FlagNames =
    [
        (Write, "write"), (ReadOnly, "readonly"), (DenyOutOfMemory, "denyoom"), (Admin, "admin"), (PubSub, "pubsub"),
        (NoAuth, "no_auth"), (Fast, "fast"),
    ];

    public static IReadOnlyList<Command> All { get; } = [new("command", -1, Run, None)];

    private static void Run(ref Invocation call)
    {
        if (call.Count == 1)
            List(in call, CommandTable.All);
        else if (call.Is(1, "count"u8) && call.Count == 2)
            call.Reply.Integer(CommandTable.All.Count);
        else if (call.Is(1, "info"u8))
            List(in call, Named(in call));
        else if (call.Is(1, "docs"u8))
            Document(in call);
        else if (call.Is(1, "list"u8) && call.Count == 2)
            ListNames(in call);
        else
            Subcommands.Refuse(in call, "count", "list");
    }

    private static List<Command?> Named(in Invocation call)
    {
        if (call.Count == 2)
            return [.. CommandTable.All];
        List<Command?> named = [];
        for (int i = 2; i < call.Count; i++)
            named.Add(CommandTable.Find(call[i]));
        return named;
    }

    private static void List(in Invocation call, IReadOnlyList<Command?> commands)
    {
        call.Reply.Array(commands.Count);
        foreach (Command? command in commands)
        {
            if (command is null)
                call.Reply.Null();
            else
                Describe(in call, command);
        }
    }

    /// <summary>
    /// Name, arity, flags, keys; then categories, tips, key specifications and subcommands, of which none are told.
    /// </summary>
    private static void Describe(in Invocation call, Command command)
    {
        const int EmptyParts = 4;
        call.Reply.Array(6 + EmptyParts);
        call.Reply.Bulk(command.Name);
        call.Reply.Integer(command.Arity);
        string[] flags = [.. FlagNames.Where(flag => command.Has(flag.Flag)).Select(flag => flag.Name)];
        call.Reply.Set(flags.Length);
        foreach (string flag in flags)
            call.Reply.Simple(System.Text.Encoding.ASCII.GetBytes(flag));
        call.Reply.Integer(command.FirstKey);
        call.Reply.Integer(command.LastKey);
        call.Reply.Integer(command.KeyStep);
        for (int i = 0; i < EmptyParts; i++)
            call.Reply.Array(0);
    }

    private static void Document(in Invocation call)
    {
        Command[] commands = [.. Named(in call).OfType<Command>()];
        call.Reply.Map(commands.Length);
        foreach (Command command in commands)
        {
            call.Reply.Bulk(command.Name);
            call.Reply.Map(1);
            call.Reply.Bulk("group"u8);
            call.Reply.Bulk(GroupOf(command));
        }
    }

    private static void ListNames(in Invocation call)
    {
        call.Reply.Array(CommandTable.All.Count);
        foreach (Command command in CommandTable.All)
            call.Reply.Bulk(command.Name);
    }

    private static string GroupOf(Command command)
    {
        if (command.Has(PubSub))
            return "pubsub";
        if (TransactionCommands.All.Contains(command))
            return "transactions";
        if (ConnectionCommands.All.Contains(command) || ClientCommands.All.Contains(command))
            return "connection";
        if (StringCommands.All.Contains(command) || CounterCommands.All.Contains(command))
            return "string";
        return command.FirstKey > 0 || ScanCommands.All.Contains(command) ? "generic" : "server";
    }
}
