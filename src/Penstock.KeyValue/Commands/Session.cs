using System.Text;
using Penstock.KeyValue.Protocol;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// What the server knows of one client. Its loop alone changes it; others read what CLIENT LIST shows, a moment old
/// perhaps.
/// </summary>
internal sealed class Session(Connection connection, long clientId, long openedAt)
{
    private bool _isAuthenticated;
    private Transaction? _transaction;
    private bool _isResp3;

    /// <summary>The connection, as long as <see cref="IsClosed"/> is false.</summary>
    public Connection Connection { get; } = connection;

    /// <summary>Names the connection from other loops.</summary>
    public ConnectionId ConnectionId { get; } = connection.Id;

    /// <summary>The number that CLIENT ID tells; never used twice.</summary>
    public long ClientId { get; } = clientId;

    /// <summary>Unix time in milliseconds.</summary>
    public long OpenedAt { get; } = openedAt;

    /// <summary>Bytes received and not consumed; while commands run, all that they came in.</summary>
    public int ReceivedBytes { get; set; }

    /// <summary>Unix time in milliseconds of the last command.</summary>
    public long LastUsedAt { get; set; } = openedAt;

    public string Address { get; init; } = "";

    public string LocalAddress { get; init; } = "";

    public string Name { get; set; } = "";

    public string LibraryName { get; set; } = "";

    public string LibraryVersion { get; set; } = "";

    public Command? LastCommand { get; set; }

    /// <summary>
    /// A command of which more must arrive; null between commands, so that an idle client keeps nothing.
    /// </summary>
    public RespArguments? Partial { get; set; }

    /// <summary>What the client subscribed to; null for nothing.</summary>
    public Subscriptions? Subscriptions { get; set; }

    /// <summary>What the client watches; null for nothing.</summary>
    public KeyWatch? Watch { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Its SAVE is under way; what it sends meanwhile waits.</summary>
    public bool IsSaving { get; set; }

    /// <summary>The commands of its transaction are running.</summary>
    public bool IsExecuting { get; set; }

    /// <summary>Replies wait until the log is synced up to here; 0 when none wait.</summary>
    public long HeldUntil { get; set; }

    public bool IsAuthenticated
    {
        get => _isAuthenticated;
        set
        {
            _isAuthenticated = value;
            UpdateNeedsCare();
        }
    }

    /// <summary>What is queued since MULTI; null outside of one.</summary>
    public Transaction? Transaction
    {
        get => _transaction;
        set
        {
            _transaction = value;
            UpdateNeedsCare();
        }
    }

    /// <summary>Whether the client chose the newer version of the protocol.</summary>
    public bool IsResp3
    {
        get => _isResp3;
        set
        {
            _isResp3 = value;
            UpdateNeedsCare();
        }
    }

    public bool IsSubscribed => Subscriptions is not null;

    /// <summary>
    /// Whether a command may have to be refused or queued: one test on the way of those that need neither.
    /// </summary>
    public bool NeedsCare { get; private set; } = true;

    public void UpdateNeedsCare() =>
        NeedsCare = !_isAuthenticated || _transaction is not null || (IsSubscribed && !_isResp3);

    /// <summary>The client as CLIENT LIST shows it, one line without its end.</summary>
    public string Describe(long now) => new StringBuilder()
        .Append($"id={ClientId} addr={Address} laddr={LocalAddress} fd=-1 name={Name}")
        .Append($" age={(now - OpenedAt) / 1000} idle={(now - LastUsedAt) / 1000} flags={Flags} db=0")
        .Append($" sub={Subscriptions?.Channels.Count ?? 0} psub={Subscriptions?.Patterns.Count ?? 0} ssub=0")
        .Append($" multi={Transaction?.Commands.Count ?? -1} qbuf={ReceivedBytes} qbuf-free=0")
        .Append(" argv-mem=0 multi-mem=0 rbs=0 rbp=0")
        .Append($" obl=0 oll=0 omem={(IsClosed ? 0 : Connection.UnsentBytes)} tot-mem=0 events=r")
        .Append($" cmd={LastCommand?.FullName ?? "NULL"} user=default redir=-1 resp={(IsResp3 ? 3 : 2)}")
        .ToString();

    private string Flags => IsSubscribed ? "P" : Transaction is not null ? "x" : "N";
}
