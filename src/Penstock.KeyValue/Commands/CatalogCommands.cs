using System.Text;
using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>COMMAND: what there is to call.</summary>
internal static class CatalogCommands
{
    private static readonly (CommandFlags Flag, string Name)[] FlagNames =
    [
        (Write, "write"), (ReadOnly, "readonly"), (DenyOutOfMemory, "denyoom"), (Admin, "admin"),
        (NoMulti, "no_multi"), (PubSub, "pubsub"),
        (NoAuth, "no_auth"), (Fast, "fast"),
    ];

    public static IReadOnlyList<Command> All { get; } =
    [
        new(
            "command",
            [
                new("count", 2, Count, None),
                new("docs", -2, Document, None),
                new("info", -2, Describe, None),
                new("getkeys", -4, ListKeys, None),
                new("list", -2, ListNames, None),
            ],
            alone: (ref call) => List(in call, CommandTable.All)),
    ];

    private static void Count(ref Invocation call) => call.Reply.Integer(CommandTable.All.Count);

    private static void Describe(ref Invocation call) => List(in call, Named(in call));

    private static List<Command?> Named(in Invocation call)
    {
        if (call.Count == 2)
            return [.. CommandTable.All];
        List<Command?> named = [];
        for (int i = 2; i < call.Count; i++)
            named.Add(Find(call[i]));
        return named;
    }

    /// <summary>Finds a command, or a subcommand as in <c>config|get</c>.</summary>
    private static Command? Find(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        return bar < 0 ? CommandTable.Find(name) : CommandTable.Find(name[..bar])?.FindChild(name[(bar + 1)..]);
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
    /// Name, arity, flags, keys; then categories, tips and key specifications, of which none are told; subcommands.
    /// </summary>
    private static void Describe(in Invocation call, Command command)
    {
        call.Reply.Array(10);
        call.Reply.Bulk(command.FullName);
        call.Reply.Integer(command.Arity);
        string[] flags = [.. FlagNames.Where(flag => command.Has(flag.Flag)).Select(flag => flag.Name)];
        call.Reply.Set(flags.Length);
        foreach (string flag in flags)
            call.Reply.Simple(flag);
        call.Reply.Integer(command.FirstKey);
        call.Reply.Integer(command.LastKey);
        call.Reply.Integer(command.KeyStep);
        for (int i = 0; i < 3; i++)
            call.Reply.Set(0);
        if (command.Children.Count == 0)
            call.Reply.Set(0);
        else
            List(in call, command.Children);
    }

    private static void Document(ref Invocation call)
    {
        Command[] commands = [.. Named(in call).OfType<Command>()];
        call.Reply.Map(commands.Length);
        foreach (Command command in commands)
        {
            call.Reply.Bulk(command.FullName);
            call.Reply.Map(1);
            call.Reply.Bulk("group"u8);
            call.Reply.Bulk(GroupOf(command));
        }
    }

    /// <summary>The keys in a call, which is given as the arguments.</summary>
    private static void ListKeys(ref Invocation call)
    {
        const int Given = 2;
        Command? command = CommandTable.Find(in call, Given);
        if (command is null)
        {
            call.Error("ERR Invalid command specified");
        }
        else if (command.FirstKey == 0)
        {
            call.Error("ERR The command has no key arguments");
        }
        else if (!command.Accepts(call.Count - Given))
        {
            call.Error("ERR Invalid number of arguments specified for command");
        }
        else
        {
            int last = command.LastKey < 0 ? call.Count + command.LastKey : Given + command.LastKey;
            call.Reply.Array(((last - Given - command.FirstKey) / command.KeyStep) + 1);
            for (int i = Given + command.FirstKey; i <= last; i += command.KeyStep)
                call.Reply.Bulk(call[i]);
        }
    }

    private static void ListNames(ref Invocation call)
    {
        bool filtered = call.Count == 5 && call.Is(2, "filterby"u8);
        bool byModule = filtered && call.Is(3, "module"u8);
        if (call.Count > 2 && !byModule && !(filtered && call.Is(3, "pattern"u8)))
        {
            call.SyntaxError();
            return;
        }

        List<string> names = [];
        foreach (string name in byModule ? [] : CommandTable.WithSubcommands.Select(command => command.FullName))
        {
            if (!filtered || GlobPattern.Matches(call[4], Encoding.ASCII.GetBytes(name)))
                names.Add(name);
        }

        call.Reply.Array(names.Count);
        foreach (string name in names)
            call.Reply.Bulk(name);
    }

    private static string GroupOf(Command command)
    {
        command = command.Parent ?? command;
        if (PubSubCommands.All.Contains(command))
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
