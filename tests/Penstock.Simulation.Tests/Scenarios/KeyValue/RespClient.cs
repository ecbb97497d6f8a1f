using System.Globalization;
using Penstock.Simulation.Clients;
using Penstock.Simulation.Network;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>Sends a script of commands on few keys, so that clients get in each other's way.</summary>
internal sealed class RespClient : ExpectingClient
{
    private const int Keys = 6;

    private readonly List<string[]> _commands = [];
    private readonly int _maxValueBytes;
    private readonly RequestBudget _budget;
    private readonly bool _likesChannels;
    private int _channels;
    private bool _inTransaction;

    public RespClient(SimulatedNetwork network, SimulatedConnection connection, int maxValueBytes)
        : base(network, connection)
    {
        _maxValueBytes = Math.Min(maxValueBytes, ScriptBytes);
        _budget = new RequestBudget(Chance, maxRequests: 80, maxOutstanding: 64);
        _likesChannels = Chance.Chance(0.3);
    }

    /// <summary>The commands that were sent, by their number.</summary>
    public IReadOnlyList<string[]> Commands => _commands;

    protected override bool IsScriptOver => _budget.IsSpent;

    protected override bool TryProduce(ByteFifo outbox)
    {
        if (ProducedBytes >= ScriptBytes)
            _budget.Spend();
        if (!_budget.TryTake(outstanding: Requests - Taken))
            return false;
        if (Faults.Strikes(Fault.BadMessage))
        {
            (string bytes, string error) = DrawForbidden();
            ProduceForbidden(outbox, Resp.Bytes(bytes), Resp.Bytes(Resp.Error("ERR Protocol error: " + error)));
            _budget.Spend();
            return true;
        }

        string[] words = _channels > 0 ? DrawWhileSubscribed() : DrawAny();
        _commands.Add(words);
        bool inline = Chance.Chance(0.1) && words.All(word => word.Length > 0 && word.All(char.IsAsciiLetterOrDigit));
        Produce(outbox, Resp.Bytes(inline ? string.Join(' ', words) + "\r\n" : Resp.Command(words)));
        return true;
    }

    private (string Bytes, string Error) DrawForbidden() => Chance.Below(4) switch
    {
        0 => ("*abc\r\n", "invalid multibulk length"),
        1 => ("*1\r\n+PING\r\n", "expected '$', got '+'"),
        2 => ("*1\r\n$-5\r\n", "invalid bulk length"),
        _ => ("GET \"k0\r\n", "unbalanced quotes in request"),
    };

    private string[] DrawWhileSubscribed()
    {
        switch (Chance.Below(5))
        {
            case 0:
                return Subscribe();
            case 1:
                _channels = 0;
                return ["UNSUBSCRIBE", "c0", "c1", "c2"];
            case 2:
                return ["PING", Value(20)];
            case 3:
                return ["GET", Key()];
            default:
                return ["PING"];
        }
    }

    private string[] DrawAny()
    {
        int kind = Chance.Below(_likesChannels ? 30 : 26);
        switch (kind)
        {
            case 0 or 1:
                _inTransaction = true;
                return ["MULTI"];
            case 2 or 3 or 4:
                _inTransaction = false;
                return [Chance.Chance(0.8) ? "EXEC" : "DISCARD"];
            case 5:
                return ["WATCH", Key(), Key()];
            case 6:
                return Chance.Chance(0.3) ? ["UNWATCH"] : ["PERSIST", Key()];
            case 7 when Chance.Chance(0.1):
                if (!_inTransaction)
                    _budget.Spend();
                return _inTransaction ? ["PING"] : ["QUIT"];
            case 26 or 27 when !_inTransaction:
                return Subscribe();
            case > 25:
                return ["PUBLISH", Channel(), Value(_maxValueBytes)];
            default:
                return DrawOnKeys(kind);
        }
    }

    private string[] DrawOnKeys(int kind) => kind switch
    {
        7 or 8 or 9 => ["get", Key()],
        10 => ["GETDEL", Key()],
        11 => ["DEL", Key(), Key()],
        12 => ["EXISTS", Key(), Key(), Key()],
        13 => ["APPEND", Key(), Value(50)],
        14 or 15 => ["INCRBY", Key(), Number()],
        16 => ["MSET", Key(), Value(30), Key(), Value(30)],
        17 => ["MGET", Key(), Key(), "none"],
        18 => ["PEXPIRE", Key(), Time()],
        19 => ["PTTL", Key()],
        20 => ["STRLEN", Key()],
        21 => Chance.Pick<string[]>(["NOSUCH", "a b"], ["GET"], ["ECHO", "x", "y"], ["MSET", "k0", "x", "k1"]),
        _ => Set(),
    };

    private string[] Subscribe()
    {
        _channels++;
        return Chance.Chance(0.3) ? ["PSUBSCRIBE", "c*"] : ["SUBSCRIBE", Channel(), Channel()];
    }

    private string[] Set()
    {
        List<string> words = ["SET", Key(), Chance.Chance(0.3) ? Number() : Value(_maxValueBytes)];
        if (Chance.Chance(0.3))
            words.Add(Chance.Pick("NX", "xx"));
        if (Chance.Chance(0.2))
            words.Add("GET");
        if (Chance.Chance(0.3))
            words.AddRange(["PX", Time()]);
        else if (Chance.Chance(0.1))
            words.Add("KEEPTTL");
        return [.. words];
    }

    private string Key() => $"k{Chance.Below(Keys)}";

    private string Channel() => $"c{Chance.Below(3)}";

    private string Number() => Chance.Chance(0.05)
        ? Chance.Pick("9223372036854775807", "-9223372036854775808", "01", "x", "")
        : Chance.Between(-100, 100).ToString(CultureInfo.InvariantCulture);

    private string Time() => Chance.Chance(0.1)
        ? Chance.Pick("0", "-1", "x")
        : Chance.Spread(1, 20_000).ToString(CultureInfo.InvariantCulture);

    private string Value(int maxBytes)
    {
        byte[] bytes = new byte[(int)Chance.Spread(1, Math.Max(1, maxBytes)) - 1];
        Chance.Fill(bytes);
        return Resp.Text(bytes);
    }
}
