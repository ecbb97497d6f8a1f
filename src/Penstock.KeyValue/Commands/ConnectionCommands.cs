using Penstock.KeyValue.Protocol;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>The connection itself: greeting, password, goodbye.</summary>
internal static class ConnectionCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("ping", -1, Ping, Fast | WhileSubscribed),
        new("echo", 2, Echo, Fast),
        new("hello", -1, Hello, Fast | NoAuth),
        new("auth", -2, Authenticate, Fast | NoAuth),
        new("select", 2, Select, Fast),
        new("quit", -1, Quit, Fast | NoAuth | NotQueued | WhileSubscribed),
        new("reset", 1, Reset, Fast | NoAuth | NotQueued | WhileSubscribed),
    ];

    private static void Ping(ref Invocation call)
    {
        if (call.Count > 2)
        {
            call.Error(ErrorTexts.WrongArity, "ping");
        }
        else if (call.Session.IsSubscribed && !call.Session.IsResp3)
        {
            call.Reply.Array(2);
            call.Reply.Bulk("pong"u8);
            call.Reply.Bulk(call.Count == 2 ? call[1] : default);
        }
        else if (call.Count == 2)
        {
            call.Reply.Bulk(call[1]);
        }
        else
        {
            call.Reply.Simple("PONG"u8);
        }
    }

    private static void Echo(ref Invocation call) => call.Reply.Bulk(call[1]);

    private static void Select(ref Invocation call)
    {
        if (!RespNumber.TryParse(call[1], out long database))
            call.Error("ERR value is not an integer or out of range");
        else if (database != 0)
            call.Error(ErrorTexts.DatabaseOutOfRange);
        else
            call.Reply.Ok();
    }

    private static void Quit(ref Invocation call)
    {
        call.Reply.Ok();
        call.Session.Connection.Close();
    }

    private static void Reset(ref Invocation call)
    {
        Session session = call.Session;
        session.Transaction = null;
        TransactionCommands.Forget(call.Loop, session);
        PubSubCommands.Forget(call.Database, session);
        session.Name = "";
        session.IsResp3 = false;
        session.IsAuthenticated = !call.Database.Settings.HasPassword;
        call.Reply.Simple("RESET"u8);
    }

    private static void Authenticate(ref Invocation call)
    {
        if (call.Count > 3)
            call.SyntaxError();
        else if (call.Count == 2 && !call.Database.Settings.HasPassword)
            call.Error(ErrorTexts.NoPasswordSet);
        else if (TryAuthenticate(in call, call.Count == 3 ? call[1] : "default"u8, call[call.Count - 1]))
            call.Reply.Ok();
    }

    /// <summary>There is one user, who is called default. Replies with the error when it is not them.</summary>
    private static bool TryAuthenticate(in Invocation call, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        bool right = !call.Database.Settings.HasPassword || call.Database.Settings.IsPassword(password);
        if (right && user.SequenceEqual("default"u8))
        {
            call.Session.IsAuthenticated = true;
            return true;
        }

        call.Error(ErrorTexts.WrongPassword);
        return false;
    }

    private static void Hello(ref Invocation call)
    {
        bool resp3 = call.Session.IsResp3;
        if (call.Count > 1)
        {
            if (!RespNumber.TryParse(call[1], out long version))
            {
                call.Error("ERR Protocol version is not an integer or out of range");
                return;
            }

            if (version is not (2 or 3))
            {
                call.Error("NOPROTO unsupported protocol version");
                return;
            }

            resp3 = version == 3;
        }

        if (!TryReadHelloOptions(in call, out string? name))
            return;
        if (!call.Session.IsAuthenticated)
        {
            call.Error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
                + "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at "
                + "the same time");
            return;
        }

        call.Session.Name = name ?? call.Session.Name;
        PubSubCommands.SwitchProtocol(call.Database, call.Session, resp3);
        Greet(in call);
    }

    private static bool TryReadHelloOptions(in Invocation call, out string? name)
    {
        name = null;
        for (int i = 2; i < call.Count; i++)
        {
            if (call.Is(i, "auth"u8) && i + 2 < call.Count)
            {
                if (!TryAuthenticate(in call, call[i + 1], call[i + 2]))
                    return false;
                i += 2;
            }
            else if (call.Is(i, "setname"u8) && i + 1 < call.Count)
            {
                if (!ClientCommands.TryReadName(in call, ++i, out name))
                    return false;
            }
            else
            {
                call.Error($"ERR Syntax error in HELLO option '{call.TextOf(i)}'");
                return false;
            }
        }

        return true;
    }

    private static void Greet(in Invocation call)
    {
        RespWriter reply = call.Reply;
        reply.Map(7);
        reply.Bulk("server"u8);
        reply.Bulk("redis"u8);
        reply.Bulk("version"u8);
        reply.Bulk(KeyValueDatabase.RedisVersion);
        reply.Bulk("proto"u8);
        reply.Integer(call.Session.IsResp3 ? 3 : 2);
        reply.Bulk("id"u8);
        reply.Integer(call.Session.ClientId);
        reply.Bulk("mode"u8);
        reply.Bulk("standalone"u8);
        reply.Bulk("role"u8);
        reply.Bulk("master"u8);
        reply.Bulk("modules"u8);
        reply.Array(0);
    }
}
