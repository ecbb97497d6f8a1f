using System.Text;
using Penstock.KeyValue.Protocol;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>CLIENT: what is known of the clients, and how to be rid of one.</summary>
internal static class ClientCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("client", [
            new("id", 2, Id, Fast),
            new("getname", 2, GetName, Fast),
            new("setname", 3, SetName, Fast),
            new("setinfo", 4, SetLibrary, Fast),
            new("info", 2, Info, None),
            new("list", -2, List, Admin),
            new("kill", -3, KillCommand.Run, Admin),
            new("no-evict", 3, SetNoEvict, Admin),
        ]),
    ];

    /// <summary>Reads a client's name, or replies why it is none.</summary>
    public static bool TryReadName(in Invocation call, int index, out string name)
    {
        name = call.TextOf(index);
        if (name.All(c => c is >= '!' and <= '~'))
            return true;
        call.Error("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
    }

    private static void Id(ref Invocation call) => call.Reply.Integer(call.Session.ClientId);

    private static void Info(ref Invocation call) =>
        call.Reply.Text(call.Session.Describe(call.Keys.Now) + "\n");

    private static void GetName(ref Invocation call)
    {
        if (call.Session.Name.Length == 0)
            call.Reply.Null();
        else
            call.Reply.Bulk(Encoding.Latin1.GetBytes(call.Session.Name));
    }

    private static void SetName(ref Invocation call)
    {
        if (!TryReadName(in call, 2, out string name))
            return;
        call.Session.Name = name;
        call.Reply.Ok();
    }

    private static void SetLibrary(ref Invocation call)
    {
        bool isName = call.Is(2, "lib-name"u8);
        if (!isName && !call.Is(2, "lib-ver"u8))
        {
            call.Error($"ERR Unrecognized option '{call.TextOf(2)}'");
            return;
        }

        if (call[3].IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
        {
            string attribute = isName ? "lib-name" : "lib-ver";
            call.Error($"ERR {attribute} cannot contain spaces, newlines or special characters.");
            return;
        }

        if (isName)
            call.Session.LibraryName = call.TextOf(3);
        else
            call.Session.LibraryVersion = call.TextOf(3);
        call.Reply.Ok();
    }

    private static void List(ref Invocation call)
    {
        if (!TrySelect(in call, out IEnumerable<Session> selected))
            return;
        long now = call.Keys.Now;
        call.Reply.Text(string.Concat(selected.Select(client => client.Describe(now) + "\n")));
    }

    /// <summary>
    /// The clients that the words after CLIENT LIST ask for; replies with the error when they are none.
    /// </summary>
    private static bool TrySelect(in Invocation call, out IEnumerable<Session> selected)
    {
        selected = call.Database.Clients.OrderBy(client => client.ClientId);
        if (call.Count == 2)
            return true;
        if (call.Count == 4 && call.Is(2, "type"u8))
            return TrySelectType(in call, ref selected);
        if (call.Count > 3 && call.Is(2, "id"u8))
            return TrySelectIds(in call, out selected);
        call.SyntaxError();
        return false;
    }

    private static bool TrySelectType(in Invocation call, ref IEnumerable<Session> selected)
    {
        string type = call.TextOf(3).ToLowerInvariant();
        if (type is not ("normal" or "pubsub" or "master" or "replica" or "slave"))
        {
            call.Error($"ERR Unknown client type '{call.TextOf(3)}'");
            return false;
        }

        selected = selected.Where(client => type == (client.IsSubscribed ? "pubsub" : "normal"));
        return true;
    }

    /// <summary>In the order in which they are asked for; a client that is gone is left out.</summary>
    private static bool TrySelectIds(in Invocation call, out IEnumerable<Session> selected)
    {
        List<Session> found = [];
        selected = found;
        for (int i = 3; i < call.Count; i++)
        {
            if (!RespNumber.TryParse(call[i], out long id))
            {
                call.Error("ERR Invalid client ID");
                return false;
            }

            if (call.Database.ClientOf(id) is { } client)
                found.Add(client);
        }

        return true;
    }

    /// <summary>Clients are never dropped to save memory here, so either wish is granted.</summary>
    private static void SetNoEvict(ref Invocation call)
    {
        if (call.Is(2, "on"u8) || call.Is(2, "off"u8))
            call.Reply.Ok();
        else
            call.SyntaxError();
    }
}
