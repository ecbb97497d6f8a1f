using System.Text;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>CLIENT: what is known of the clients, and how to be rid of one.</summary>
internal static class ClientCommands
{
    private static readonly string[] Names =
        ["id", "getname", "setname", "setinfo", "info", "list", "kill", "no-evict"];

    public static IReadOnlyList<Command> All { get; } = [new("client", -2, Run, Admin)];

    /// <summary>Reads a client's name, or replies why it is none.</summary>
    public static bool TryReadName(in Invocation call, int index, out string name)
    {
        name = call.TextOf(index);
        if (name.All(c => c is >= '!' and <= '~'))
            return true;
        call.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
    }

    private static void Run(ref Invocation call)
    {
        switch (call.TextOf(1).ToLowerInvariant())
        {
            case "id" when call.Count == 2:
                call.Reply.Integer(call.Session.ClientId);
                break;
            case "getname" when call.Count == 2:
                GetName(in call);
                break;
            case "setname" when call.Count == 3:
                SetName(in call);
                break;
            case "setinfo" when call.Count == 4:
                SetLibrary(in call);
                break;
            case "info" when call.Count == 2:
                call.Reply.Text(call.Session.Describe(call.Keys.Now) + "\n");
                break;
            case "list":
                List(in call);
                break;
            case "kill" when call.Count >= 3:
                KillCommand.Run(in call);
                break;
            case "no-evict" when call.Count == 3:
                SetNoEvict(in call);
                break;
            default:
                Subcommands.Refuse(in call, Names);
                break;
        }
    }

    private static void GetName(in Invocation call)
    {
        if (call.Session.Name.Length == 0)
            call.Reply.Null();
        else
            call.Reply.Bulk(Encoding.Latin1.GetBytes(call.Session.Name));
    }

    private static void SetName(in Invocation call)
    {
        if (!TryReadName(in call, 2, out string name))
            return;
        call.Session.Name = name;
        call.Reply.Ok();
    }

    private static void SetLibrary(in Invocation call)
    {
        bool isName = call.Is(2, "lib-name"u8);
        if (!isName && !call.Is(2, "lib-ver"u8))
        {
            call.Reply.Error($"ERR Unrecognized option '{call.TextOf(2)}'");
            return;
        }

        if (call[3].IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
        {
            string attribute = isName ? "lib-name" : "lib-ver";
            call.Reply.Error($"ERR {attribute} cannot contain spaces, newlines or special characters.");
            return;
        }

        if (isName)
            call.Session.LibraryName = call.TextOf(3);
        else
            call.Session.LibraryVersion = call.TextOf(3);
        call.Reply.Ok();
    }

    private static void List(in Invocation call)
    {
        IEnumerable<Session> sessions = call.Database.Clients.OrderBy(client => client.ClientId);
        if (call.Count == 4 && call.Is(2, "type"u8))
        {
            bool pubSub = call.Is(3, "pubsub"u8);
            if (!pubSub && !call.Is(3, "normal"u8))
            {
                call.Reply.Error($"ERR Unknown client type '{call.TextOf(3)}'");
                return;
            }

            sessions = sessions.Where(client => client.IsSubscribed == pubSub);
        }
        else if (call.Count > 2)
        {
            call.SyntaxError();
            return;
        }

        long now = call.Keys.Now;
        call.Reply.Text(string.Concat(sessions.Select(client => client.Describe(now) + "\n")));
    }

    /// <summary>Clients are never dropped to save memory here, so either wish is granted.</summary>
    private static void SetNoEvict(in Invocation call)
    {
        if (call.Is(2, "on"u8) || call.Is(2, "off"u8))
            call.Reply.Ok();
        else
            call.SyntaxError();
    }
}
