"""Lines as they stand in real configuration, commands and output: what holds a secret, and what only looks like it."""

from __future__ import annotations

import pytest

from auditor.detect.engine import Engine
from auditor.detect.rules import load

VALUE = "Fk7x9QpLm2Zt4Wv8"
HOLDING = """\
host=db.internal port=5432 dbname=shop user=app password=VALUE
postgresql+asyncpg://app@db.internal/shop?password=VALUE
jdbc:postgresql://db.internal:5432/shop?user=app&password=VALUE
Server=db.internal;User Id=app;Pwd=VALUE;
postgres://app:VALUE@/shop?host=/var/run/postgresql
db.internal:5432:shop:app:VALUE
[prod]\\nhost=db.internal\\nuser=app\\npassword=VALUE
spring.datasource.username=app\\nspring.datasource.password=VALUE
flyway.password=VALUE
-Dflyway.password=VALUE
liquibase.command.password: VALUE
quarkus.datasource.password=VALUE
javax.persistence.jdbc.password=VALUE
<property name="hibernate.connection.password" value="VALUE"/>
<password>VALUE</password>
--set auth.postgresPassword=VALUE
postgresqlPassword=VALUE
db.password=VALUE
DB_PWD=VALUE
TF_VAR_db_password=VALUE
atlas schema apply --var password=VALUE
kubectl create secret generic db --from-literal=password=VALUE
db_password             = "VALUE"
DATABASE_PASSWORD:        VALUE
variable "db_password" {\\n  default = "VALUE"\\n}
"outputs": {"db_password": {"sensitive": true, "value": "VALUE"}}
        - name: PGPASSWORD\\n          value: VALUE
        - name: DATABASE_PASSWORD\\n          value: "VALUE"
{"name":"PGPASSWORD","value":"VALUE"}
{"value_from": null, "key": "DB_PASSWORD", "value": "VALUE"}
║ DATABASE_PASSWORD │ VALUE ║
│ SESSION_SECRET │ VALUE │
| PGPASSWORD | VALUE |
set -x PGPASSWORD VALUE
set -gx DATABASE_PASSWORD 'VALUE'
setx PGPASSWORD "VALUE"
setenv PGPASSWORD VALUE
ENV POSTGRES_PASSWORD VALUE
[Environment]::SetEnvironmentVariable("PGPASSWORD","VALUE","User")
$env:PGPASSWORD = "VALUE"
gh secret set PGPASSWORD --body VALUE
{"Name":"/prod/db/password","Type":"SecureString","Value":"VALUE"}
"SecretString": "VALUE"
machine db.internal login app password VALUE
aws rds modify-db-instance --master-user-password VALUE
::add-mask::VALUE
Key         Value\\n---         -----\\npassword    VALUE\\nusername    app
║ password │ VALUE ║
https://api.corp.dev/session?user=app&password=VALUE
username:    app\\n password:    VALUE
CREATE ROLE app LOGIN PASSWORD 'VALUE';
ALTER USER app PASSWORD $$VALUE$$
primary_conninfo = 'user=repl password=VALUE host=h'
PGPASSWORD='VALUE'\\''x2' psql -h db.internal
bash -lc 'PGPASSWORD='\\''VALUE'\\'' psql -h db.internal'
export SESSION_SECRET="VALUE"'!def'
ssh db.internal "PGPASSWORD='VALUE'" "PGUSER='app'"
SECRET_KEY_BASE=VALUEVALUEVALUEVALUE
  secret_key_base: "VALUEVALUEVALUE+AB/CDEFGH1234567",
APP_KEY=base64:VALUEVALUEq8Z3v1Lm7Xw=
Server   : db.internal\\nPassword : VALUE
vault kv put secret/db password=VALUE
vault kv put secret/db username=app password=VALUE
mavenPassword=VALUE
mail:\\n  api_key: VALUEVALUE\\n
auth_token: VALUE
secret: VALUE
- token: VALUE
[{"value":"VALUE","name":"DB_PASSWORD"}]
mysql -uroot -pVALUE shop
mysqldump -h db.internal -u root -p'VALUE' shop
sqlcmd -S db.internal -U sa -P 'VALUE' -Q 'select 1'
Invoke-Sqlcmd -ServerInstance db.internal -Username sa -Password 'VALUE'
ConvertTo-SecureString 'VALUE' -AsPlainText -Force
sshpass -p 'VALUE' ssh app@db.internal
sshpass -pVALUE ssh app@db.internal
echo 'VALUE' | docker login ghcr.io -u app --password-stdin
echo VALUE | sudo -S true
docker login -u app -p VALUE ghcr.io
redis-cli -h cache.internal -a VALUE ping
psql -v pw=VALUE -f roles.sql
psql -v new_password="'VALUE'" -f roles.sql
sqlplus app/VALUE@db.internal
jdbc:oracle:thin:app/VALUE@//db.internal:1521/app
dotnet user-secrets set "Db:Password" "VALUE"
AccountKey=VALUEVALUEVALUEVALUEVALUEq8Z3v1==;EndpointSuffix=core.windows.net
SharedAccessKeyName=app;SharedAccessKey=VALUEVALUEq8Z3v1Lm7Xw=
{"auths":{"ghcr.io":{"auth":"YXBwOkZrN3g5UXBMbTJadDRXdjg="}}}
 username |    password    \\n----------+----------------\\n app      | VALUE\\n(1 row)
+------+----------+\\n| user | password |\\n+------+----------+\\n| app  | VALUE |\\n+------+----------+
username|password\\napp|VALUE
INSERT INTO c (host, username, password) values ('db', 'app', 'VALUE');
host,username,password\\ndb.internal,app,VALUE
COPY t (username, password) FROM stdin;\\napp	VALUE\\n\\.
kind: Secret\\ndata:\\n  password: Rms3eDlRcExtMlp0NFd2OA==
{"data":{"password":"Rms3eDlRcExtMlp0NFd2OA=="},"kind":"Secret"}
kind: Secret\\nmetadata:\\n  name: postgres\\ndata:\\n  DB_PASSWORD: Rms3eDlRcExtMlp0NFd2OA==\\n
kind: Secret\\nstringData:\\n  password: VALUE
kind: Secret\\ndata:\\n  DATABASE_URL: cG9zdGdyZXNxbDovL2FwcDpGazd4OVFwTG0yWnQ0V3Y4QGRiLmludGVybmFsL3Nob3A="""
HARMLESS = """\
password: str = Field(..., min_length=8)
const password = process.env.PGPASSWORD ?? ""
password = os.environ["PGPASSWORD"]
self.db_password = settings.db_password2
this.dbPassword = opts.dbPassword ?? readPassword()
    password=hashed_password2,
    password=get_password(user1),
t.password=e.newPassword2
spring.datasource.password=${DB_PASSWORD:secret}
<password>${db.password}</password>
<h2>Reset your password</h2><p>Version2</p>
"password": {"type": "string", "minLength": 8, "default": ""}
variable "db_password" {\\n  type      = string\\n  sensitive = true\\n}
- name: PGPASSWORD\\n  valueFrom:\\n    secretKeyRef:\\n      name: shop-db1\\n      key: password
{"name": "DB_PASSWORD", "value": "$(DB_PASSWORD)"}
| DB_PASSWORD | string | The password, required since 2.1 |
password    string    The password, 8 to 64 characters
| password | varchar(255) | not null |
https://api.corp.dev/reset?password=forgotten
| API_TOKEN | Encrypted | Production, Preview | 3d ago |
set -e\\nTOKEN=$(cat token.txt)
set -gx PGPASSWORD (pass show db/prod1)
setx PATH "%PATH%;C:\\\\pgsql16\\\\bin"
ENV TOKEN_FILE /run/secrets/token1
ARG POSTGRES_PASSWORD
os.getenv("DB_PASSWORD", "postgres")
echo "::add-mask::$TOKEN"
"SecretString": "{\\"username\\":\\"app\\"}"
machine example login USER password PASSWORD
psql --password --host db.internal
gh secret set PGPASSWORD < secret.txt
secretKeyRef:\\n  name: shop-db\\n  key: password
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4
FATAL:  password authentication failed for user "app"
self.user = User.objects.create_user(username='alice', email='alice@example.com', password='S3cretPass!')
user = UserFactory(username='bob', password='pa55word')
user = User(username='scolvin', password='password1')
const password = 'Password1!'
docker run -e DB_PASSWORD=Password1! app
localhost:8080:80:tcp:proxy1 in .pgpass
foo.py:10:80:E501:line-too-long, not pgpass.conf
NEON_PASSWORD=npg_password1234
"npg_secret123456", "npg_abc123def456"
secret_key_base: Application.fetch_env!(:app, :secret_key_base)
secret: getenv_or_default1
token: 01a2092d-b95a-7d51-ac20-9e03ea639739
token: the first token2 of the line
next_token: VALUE
Password : at least 8 characters
mysql -u root -p shop
docker run -p 8080:80 mysql -p3306
Invoke-Sqlcmd -Password $env:DB_PASSWORD
ConvertTo-SecureString $plain -AsPlainText -Force
echo $TOKEN | docker login -u app --password-stdin
redis-cli -a "$REDIS_PASSWORD" ping
sqlplus / as sysdba
psql -v ON_ERROR_STOP=1 -v pw="$PW" -f roles.sql
keytool -storepass changeit -password-file pass1.txt
 username | password \\n----------+----------\\n app      | $2b$12$FakeQ2w8Lm4Zv7k1Tn9Bx\\n
 table_name | column_name \\n------------+-------------\\n users2fa   | password\\n users3fa   | user_id
function login(username,password) {\\n  return post(url1,hash2),username
expected,token,found\\n1,2,3
kind: Secret\\ndata:\\n  DB_PASSWORD: Y2hhbmdlbWU=
GRANT SELECT ON users TO app; -- password stored elsewhere"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load())


@pytest.mark.parametrize("line", HOLDING.splitlines())
def test_holding(engine: Engine, line: str) -> None:
    text = line.replace("\\n", "\n").replace("VALUE", VALUE).encode()
    (match,) = engine.scan(text, confidence="medium")
    assert VALUE.encode() in match.secret.reveal()
    assert engine.scan(text, confidence="medium", prefilter=False) == [match]


@pytest.mark.parametrize("line", HARMLESS.splitlines())
def test_harmless(engine: Engine, line: str) -> None:
    assert engine.scan(line.replace("\\n", "\n").encode(), confidence="medium") == []
