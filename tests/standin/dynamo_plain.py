"""As much of DynamoDB as our store asks for, in memory: behind dynamo.py where
thousands of runs are wanted (tests/mutants), for which moto is too slow. It is
no judge of requests: moto and dynalite are, in the tests themselves.

Source: Amazon DynamoDB API Reference.
"""
import copy

PAGE = 1024 * 1024  # "a single Query operation can retrieve a maximum of 1 MB"
tables = {}


class Refused(Exception):
    def __init__(self, code, message='', more=None):
        super().__init__(code)
        self.reply = dict(more or {}, message=message,
                          __type='com.amazonaws.dynamodb.v20120810#' + code)


class Table:
    def __init__(self, ask):
        self.items, self.recovery = {}, 'DISABLED'
        self.about = {k: ask[k] for k in (
            'TableName', 'KeySchema', 'AttributeDefinitions', 'LocalSecondaryIndexes',
            'DeletionProtectionEnabled') if k in ask}
        self.about['TableStatus'] = 'ACTIVE'


def table(ask):
    t = tables.get(ask['TableName'])
    if t is None:
        raise Refused('ResourceNotFoundException', 'Requested resource not found')
    return t


def key(item):
    return item['k']['S'], item['s']['S']


def holds(op, old):
    """Does the condition of this part hold? Those that our store makes."""
    text = op.get('ConditionExpression')
    if text is None:
        return True
    names, values = op['ExpressionAttributeNames'], op.get('ExpressionAttributeValues')
    for word, want in (('attribute_exists', True), ('attribute_not_exists', False)):
        if text.startswith(word + '('):
            return (names[text[len(word) + 1:-1]] in (old or {})) == want
    name, sign, value = text.split()
    assert sign == '='
    return old is not None and old.get(names[name]) == values[value]


def transact(ask):
    todo, reasons = [], []
    for one in ask['TransactItems']:
        (kind, op), = one.items()
        t = table(op)
        item = op['Item'] if kind == 'Put' else op['Key']
        ok = holds(op, t.items.get(key(item)))
        reasons.append({'Code': 'None' if ok else 'ConditionalCheckFailed'})
        todo.append((t, key(item), item if kind == 'Put' else None))
    if any(r['Code'] != 'None' for r in reasons):
        raise Refused('TransactionCanceledException',
                      'Transaction cancelled, please refer cancellation reasons for '
                      'specific reasons [%s]' % ', '.join(r['Code'] for r in reasons),
                      {'CancellationReasons': reasons})
    for t, k, item in todo:
        if item is None:
            t.items.pop(k, None)
        else:
            t.items[k] = copy.deepcopy(item)
    return {}


def query(ask):
    values, due = ask['ExpressionAttributeValues'], 'IndexName' in ask
    found = [i for (k, _), i in table(ask).items.items() if k == values[':k']['S']]
    if due:
        found = [{n: i[n] for n in ('k', 's', 'next_at')} for i in found
                 if int(i['next_at']['N']) <= int(values[':t']['N'])]

    def order(i):
        return (int(i['next_at']['N']) if due else 0, i['s']['S'])
    found.sort(key=order)
    if 'ExclusiveStartKey' in ask:
        found = [i for i in found if order(i) > order(ask['ExclusiveStartKey'])]
    size, n = 0, 0
    while n < len(found) and size < PAGE:
        size += len(str(found[n]))
        n += 1
    out = {'Count': n}
    if ask.get('Select') != 'COUNT':
        out['Items'] = found[:n]
    if n < len(found):
        out['LastEvaluatedKey'] = {a: found[n - 1][a] for a in
                                   (('k', 's', 'next_at') if due else ('k', 's'))}
    return out


def update(ask):
    """UpdateItem, as a hand in the table does it: SET #a = :v."""
    assert ask['UpdateExpression'] == 'SET #a = :v'
    item = table(ask).items.setdefault(key(ask['Key']), dict(ask['Key']))
    item[ask['ExpressionAttributeNames']['#a']] = ask['ExpressionAttributeValues'][':v']
    return {}


def create(ask):
    if ask['TableName'] in tables:
        raise Refused('ResourceInUseException', 'Table already exists')
    tables[ask['TableName']] = Table(ask)
    return {'TableDescription': tables[ask['TableName']].about}


def protect(ask):
    table(ask).about['DeletionProtectionEnabled'] = ask['DeletionProtectionEnabled']
    return {'TableDescription': table(ask).about}


def recovery(ask):
    t = table(ask)
    if 'PointInTimeRecoverySpecification' in ask:
        t.recovery = 'ENABLED'
    return {'ContinuousBackupsDescription': {
        'ContinuousBackupsStatus': 'ENABLED',
        'PointInTimeRecoveryDescription': {'PointInTimeRecoveryStatus': t.recovery}}}


def get(ask):
    item = table(ask).items.get(key(ask['Key']))
    return {'Item': item} if item is not None else {}


def batch(ask):
    (name, what), = ask['RequestItems'].items()
    there = table({'TableName': name}).items
    return {'UnprocessedKeys': {}, 'Responses': {
        name: [there[key(k)] for k in what['Keys'] if key(k) in there]}}


ACTIONS = {
    'TransactWriteItems': transact, 'Query': query, 'GetItem': get, 'BatchGetItem': batch,
    'UpdateItem': update, 'CreateTable': create, 'UpdateTable': protect,
    'DescribeTable': lambda ask: {'Table': table(ask).about},
    'DescribeContinuousBackups': recovery, 'UpdateContinuousBackups': recovery,
    'PutItem': lambda ask: table(ask).items.update({key(ask['Item']): ask['Item']}) or {},
    'DeleteItem': lambda ask: table(ask).items.pop(key(ask['Key']), None) and {} or {},
}


def ask(action, body):
    """(status, reply), as DynamoDB would answer."""
    try:
        return 200, copy.deepcopy(ACTIONS[action](body))
    except Refused as e:
        return 400, e.reply
