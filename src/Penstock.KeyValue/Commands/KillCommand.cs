using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Commands;

/// <summary>CLIENT KILL, with one address or with conditions.</summary>
internal static class KillCommand
{
    public static void Run(ref Invocation call)
    {
        if (call.Count == 3)
            KillAddress(in call);
        else
            KillMatching(in call);
    }

    private static void KillAddress(in Invocation call)
    {
        string address = call.TextOf(2);
        Session? victim = call.Database.Clients.FirstOrDefault(client => client.Address == address);
        if (victim is null)
        {
            call.Error("ERR No such client");
            return;
        }

        call.Reply.Ok();
        Kill(in call, victim);
    }

    private static void KillMatching(in Invocation call)
    {
        if (!TryReadConditions(in call, out List<Predicate<Session>> conditions))
            return;
        Session[] victims = [.. call.Database.Clients.Where(client => conditions.TrueForAll(holds => holds(client)))];
        call.Reply.Integer(victims.Length);
        foreach (Session victim in victims)
            Kill(in call, victim);
    }

    private static bool TryReadConditions(in Invocation call, out List<Predicate<Session>> conditions)
    {
        conditions = [];
        bool skipMe = true;
        Session me = call.Session;
        for (int i = 2; i < call.Count; i += 2)
        {
            if (i + 1 == call.Count)
                return Fail(in call, ErrorTexts.Syntax);
            string value = call.TextOf(i + 1);
            switch (call.TextOf(i).ToLowerInvariant())
            {
                case "id" when RespNumber.TryParse(call[i + 1], out long id) && id > 0:
                    conditions.Add(client => client.ClientId == id);
                    break;
                case "id":
                    return Fail(in call, "ERR client-id should be greater than 0");
                case "addr":
                    conditions.Add(client => client.Address == value);
                    break;
                case "laddr":
                    conditions.Add(client => client.LocalAddress == value);
                    break;
                case "user" when value == "default":
                    break;
                case "user":
                    return Fail(in call, $"ERR No such user '{value}'");
                case "type" when value is "normal" or "pubsub" or "master" or "replica" or "slave":
                    conditions.Add(client => value == (client.IsSubscribed ? "pubsub" : "normal"));
                    break;
                case "type":
                    return Fail(in call, $"ERR Unknown client type '{value}'");
                case "skipme" when value.ToLowerInvariant() is "yes" or "no":
                    skipMe = value.Equals("yes", StringComparison.OrdinalIgnoreCase);
                    break;
                default:
                    return Fail(in call, ErrorTexts.Syntax);
            }
        }

        if (skipMe)
            conditions.Add(client => client != me);
        return true;
    }

    private static bool Fail(in Invocation call, string error)
    {
        call.Error(error);
        return false;
    }

    /// <summary>
    /// The caller still gets the reply; another connection ends on its own loop. To everybody else the victim is gone
    /// at once, however long its end takes.
    /// </summary>
    private static void Kill(in Invocation call, Session victim)
    {
        KeyValueDatabase database = call.Database;
        database.RemoveClient(victim);
        if (victim == call.Session)
            victim.Connection.Close();
        else
            call.Loop.Context.Group.Post(victim.ConnectionId, connection => End(database, victim, connection));
    }

    /// <summary>
    /// With FIN, as Redis does: libraries take a reset for a failure and report it. Who has not read its replies yet
    /// may never do so, and does not hold up the end.
    /// </summary>
    private static void End(KeyValueDatabase database, Session victim, Connection connection)
    {
        PubSubCommands.Forget(database, victim);
        if (connection.UnsentBytes == 0)
            connection.Close();
        else
            connection.Abort();
    }
}
